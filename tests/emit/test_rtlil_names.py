"""Renaming in the RTLIL text of one module."""

from __future__ import annotations

from hwgen.emit.rtlil_names import readable

MODULE = r"""
attribute \generator "Amaranth"
module \@self@
  attribute \init 8'00000000
  wire width 8 \tdata$5
  wire width 1 input 0  \clk
  wire width 4 input 1  \spare
  wire width 8 input 2  signed \d
  wire width 8 output 3  \q
  wire width 8 $1
  cell \child \clk
    parameter \WIDTH 8
    connect \tdata$5 \tdata$5 [7:0]
    connect \d \d [7:0]
    connect \clk \clk [0]
  end
  connect \q { \tdata$5 [3:0] \d [7:4] }
end
"""


def test_wires_get_known_names_and_ports_keep_theirs() -> None:
    text, directions = readable(MODULE, {"clk", "spare", "d", "q"}, {"tdata$5": "child_tdata"}, keep_unused=True)
    assert directions == {"clk": "input", "spare": "input", "d": "input", "q": "output"}
    assert r"  wire width 8 \child_tdata" in text
    assert r"  connect \q { \child_tdata [3:0] \d [7:4] }" in text


def test_ports_and_parameters_of_cells_are_not_wires() -> None:
    text, _ = readable(MODULE, {"clk", "spare", "d", "q"}, {"tdata$5": "x"}, keep_unused=True)
    assert r"    connect \tdata$5 \x [7:0]" in text
    assert r"    parameter \WIDTH 8" in text


def test_an_instance_does_not_take_a_wires_name() -> None:
    text, _ = readable(MODULE, {"clk", "spare", "d", "q"}, {}, keep_unused=True)
    assert "  cell \\child \\clk_2\n" in text
    assert r"    connect \clk \clk [0]" in text


def test_inputs_that_nothing_reads_go() -> None:
    text, directions = readable(MODULE, {"clk", "spare", "d", "q"}, {}, keep_unused=False)
    assert directions == {"clk": "input", "d": "input", "q": "output"}
    assert "spare" not in text


def test_two_wires_that_wish_the_same_name_stay_apart() -> None:
    text, _ = readable(
        "module \\@self@\n  wire width 1 \\a$1\n  wire width 1 \\a$2\n  connect \\a$1 \\a$2\nend\n",
        {},
        {"a$1": "a", "a$2": "a"},
        keep_unused=True,
    )
    assert "connect \\a \\a_2" in text
