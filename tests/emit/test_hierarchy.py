"""Designs taken apart into modules."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest
from amaranth.back import verilog as amaranth_verilog
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.emit.hierarchy import Hierarchy
from hwgen.emit.verilog import verilog
from hwgen.flow.tools import SIMULATION
from hwgen.flow.yosys import run_script
from tests.emit.designs import Top


def modules_of(*addends: tuple[int, int]) -> dict[str, str]:
    hierarchy = Hierarchy(top="demo")
    hierarchy.add(Top(*addends), None)
    return hierarchy.modules()


def test_equal_components_become_one_module() -> None:
    modules = modules_of((1, 1), (1, 1), (1, 1))
    # The last pair has one output more, which the top reads.
    assert set(modules) == {"demo", "demo_stage", "demo_pair_0", "demo_pair_2"}


def test_different_components_stay_apart_and_children_come_first() -> None:
    modules = modules_of((1, 2), (1, 2), (1, 3))
    assert list(modules) == [
        "demo_stage_first",
        "demo_stage_pair_0_second",
        "demo_pair_0",
        "demo_stage_pair_2_second",
        "demo_pair_2",
        "demo",
    ]


def ports_of(text: str) -> dict[str, str]:
    found = re.findall(r"^  wire (?:.*\b(input|output) ).*?\\(\S+)$", text, re.MULTILINE)
    return {name: direction for direction, name in found}


def test_ports_keep_the_members_names() -> None:
    modules = modules_of((1, 2))
    assert ports_of(modules["demo"]) == {
        "i": "input", "unused": "input", "o": "output", "seen": "output", "clk": "input", "rst": "input"
    }  # fmt: skip
    assert ports_of(modules["demo_pair"]) == {
        "i": "input",
        "o": "output",
        "hidden": "output",
        "clk": "input",
        "rst": "input",
    }
    assert ports_of(modules["demo_stage_first"]) == {
        "local_": "input",
        "reg_": "output",
        "clk": "input",
        "rst": "input",
    }


@pytest.mark.parametrize("addends", [[(1, 2)], [(1, 1), (1, 1)], [(1, 2), (3, 4), (1, 2)]])
def test_nothing_is_escaped_in_the_verilog(addends: list[tuple[int, int]]) -> None:
    for name, text in verilog(modules_of(*addends)).items():
        assert text.startswith(f"module {name}(")
        assert "\\" not in text
        assert "$" not in text


VENDOR_CELL = (
    "module vendor_cell #(parameter WIDTH = 1) (input [WIDTH-1:0] d, output [WIDTH-1:0] q); assign q = ~d; endmodule\n"
)


@settings(max_examples=5)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=4))
def test_the_modules_together_are_the_design(addends: list[tuple[int, int]]) -> None:
    """Proved by induction against Amaranth's own conversion of the whole."""
    ours = "".join(verilog(modules_of(*addends)).values())
    theirs = amaranth_verilog.convert(Top(*addends), name="reference", emit_src=False, strip_internal_attrs=True)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "both.v"
        file.write_text(VENDOR_CELL + ours + theirs, encoding="utf-8")
        passes = [
            f"read_verilog {file}",
            "hierarchy",
            "proc",
            "flatten demo reference",
            "miter -equiv -make_assert -flatten demo reference miter",
            "hierarchy -top miter",
            "sat -verify -prove-asserts -tempinduct -set-at 1 in_rst 1 -seq 1 miter",
        ]
        run_script(passes, cwd=Path(folder), log=Path(folder) / "sat.log", install=SIMULATION)
