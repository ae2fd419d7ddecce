"""Verilator's compiler, without cocotb."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hwgen.flow.folder import CoreFolder
from hwgen.flow.process import ToolFailedError
from hwgen.flow.verilator import compile_core, model_class


def test_the_class_is_named_after_the_top(core: CoreFolder) -> None:
    assert model_class(core) == "Vscale_max"


def test_broken_verilog_is_one_error(edited: Callable[[str, str], CoreFolder], tmp_path: Path) -> None:
    folder = edited("assign s_axis_tready = state == LOAD;", "assign s_axis_tready = no_such_wire;")
    with pytest.raises(ToolFailedError, match="no_such_wire"):
        compile_core(folder, tmp_path)
