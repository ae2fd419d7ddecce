"""Yosys scripts in a process of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwgen.flow.process import ToolFailedError
from hwgen.flow.tools import SYNTHESIS
from hwgen.flow.yosys import run_script, share


def test_passes_run_in_order_and_are_kept(tmp_path: Path) -> None:
    (tmp_path / "and2.v").write_text("module and2(input a, input b, output y); assign y = a & b; endmodule\n")
    passes = ["read_verilog and2.v", "hierarchy -top and2", "write_verilog out.v"]
    log = tmp_path / "reports" / "run.log"
    text = run_script(passes, cwd=tmp_path, log=log, install=SYNTHESIS)
    assert text.index("read_verilog and2.v") < text.index("write_verilog out.v")
    assert "assign y" in (tmp_path / "out.v").read_text()
    assert log.with_suffix(".ys").read_text().splitlines() == passes


def test_a_failing_pass_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(ToolFailedError, match=r"absent\.v"):
        run_script(["read_verilog absent.v"], cwd=tmp_path, log=tmp_path / "run.log", install=SYNTHESIS)


def test_the_headers_of_cxxrtl_come_with_yosys() -> None:
    assert (share(SYNTHESIS) / "include/backends/cxxrtl/runtime/cxxrtl/cxxrtl.h").is_file()
