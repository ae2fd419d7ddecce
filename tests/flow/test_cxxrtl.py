"""CXXRTL's compiler."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hwgen.flow.cxxrtl import compile_core, mangled, passes
from hwgen.flow.folder import CoreFolder
from hwgen.flow.process import ToolFailedError


def test_names_are_mangled_as_cxxrtl_does() -> None:
    assert mangled("s_axis_tdata") == "p_s__axis__tdata"
    assert mangled("core__x") == "p_core____x"


def test_the_design_has_no_feedback_wires(core: CoreFolder, tmp_path: Path) -> None:
    """One evaluation a clock phase settles it; Yosys warns where it takes more."""
    assert compile_core(core, tmp_path).is_file()
    log = (core.path / "reports" / "cxxrtl.log").read_text()
    assert "Executing CXXRTL backend" in log
    assert "feedback wires" not in log


def test_images_are_read_where_they_are_instantiated(core: CoreFolder) -> None:
    assert passes(core, core.path / "x.cc")[0].startswith("read_verilog -defer rtl/cells_generic.v")


def test_broken_verilog_is_one_error(edited: Callable[[str, str], CoreFolder], tmp_path: Path) -> None:
    folder = edited("assign s_axis_tready = state == LOAD;", "assign s_axis_tready = state = LOAD;")
    with pytest.raises(ToolFailedError, match=r"scale_max\.v"):
        compile_core(folder, tmp_path)
