"""Findings in the logs of real Yosys runs on small bad modules."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwgen.errors import CheckFailedError
from hwgen.flow.synth.checks import check, findings
from hwgen.flow.tools import SYNTHESIS
from hwgen.flow.yosys import run_script

BAD = {
    "latch inferred: \\bad.\\q": "input e, input d, output reg q); always @* if (e) q = d;",
    "wire without a driver: bad.\\w": "input a, output q); wire w; assign q = a ^ w;",
    "several drivers: bad.\\b": "input a, input b, output q); assign q = a; assign q = b;",
    "combinational loop: module bad": "input a, output q); wire w; assign w = ~(q & a); assign q = w;",
}


def log_of(ports_and_body: str, tmp_path: Path) -> str:
    (tmp_path / "bad.v").write_text(f"module bad({ports_and_body}\nendmodule\n")
    passes = ["read_verilog bad.v", "hierarchy -check -top bad", "proc", "flatten", "check"]
    return run_script(passes, cwd=tmp_path, log=tmp_path / "run.log", install=SYNTHESIS)


@pytest.mark.parametrize("wanted", BAD)
def test_bad_modules_are_found(wanted: str, tmp_path: Path) -> None:
    log = log_of(BAD[wanted], tmp_path)
    assert any(wanted in found for found in findings(log)), (list(findings(log)), log[-2000:])
    with pytest.raises(CheckFailedError, match=wanted.split(":")[0]):
        check(log, "run.log")


def test_a_good_module_is_not(tmp_path: Path) -> None:
    log = log_of("input clk, input d, output reg q); always @(posedge clk) q <= d;", tmp_path)
    assert list(findings(log)) == []
    check(log, "run.log")


def test_the_lost_product_of_ice40_inference_is_found(tmp_path: Path) -> None:
    """Yosys 0.70: a product that passes two registers becomes x; if this fails, Yosys has been mended."""
    verilog = """
    module bad(input clk, input signed [7:0] a, input signed [7:0] b, output reg [15:0] q);
        reg signed [7:0] x, y; reg signed [15:0] p;
        always @(posedge clk) begin x <= a; y <= b; p <= x * y; q <= p; end
    endmodule"""
    (tmp_path / "bad.v").write_text(verilog)
    passes = ["read_verilog bad.v", "synth_ice40 -device u -dsp -top bad"]
    log = run_script(passes, cwd=tmp_path, log=tmp_path / "run.log", install=SYNTHESIS)
    with pytest.raises(CheckFailedError, match="conflicting drivers"):
        check(log, "run.log")


def test_many_findings_are_cut() -> None:
    log = "\n".join(f"Warning: Wire m.\\w{k} is used but has no driver." for k in range(9))
    assert len(list(findings(log + "\n" + log))) == 9
    with pytest.raises(CheckFailedError, match="and 4 more"):
        check(log, "run.log")
