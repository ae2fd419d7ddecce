"""RTLIL to Verilog files."""

from __future__ import annotations

import importlib.util
import re

import pytest
from amaranth.back import rtlil
from amaranth.hdl import Module, Signal

from hwgen.emit.verilog import verilog
from hwgen.errors import HwgenError, ToolMissingError


@pytest.fixture(scope="module")
def text() -> str:
    """A counter with an initial value, a test for zero, and a multiplexer of one-hot selects."""
    m = Module()
    count = Signal(4, init=9)
    empty = Signal(2)
    chosen = Signal(4)
    m.d.sync += count.eq(count - 1)
    m.d.comb += [empty[0].eq(count == 0), empty[1].eq(count[:2] == 0)]
    with m.Switch(count[:2]):
        for value in range(3):
            with m.Case(value):
                m.d.sync += chosen.eq(count ^ value)
    source = rtlil.convert(m, name="counter", ports=[count, empty, chosen], emit_src=False)
    return verilog({"counter": source})["counter"]


def test_registers_start_at_their_value(text: str) -> None:
    assert re.search(r"^  initial count = 4'h9;$", text, re.MULTILINE)
    assert not re.search(r"reg .* = ", text)


def test_a_vector_is_zero_if_none_of_its_bits_is_set(text: str) -> None:
    assert re.search(r"= ~\| count;", text)
    assert re.search(r"\[1\] = ~\| count\[1:0\];", text)
    assert " ! " not in text


def test_parallel_cases_are_attributes(text: str) -> None:
    assert re.search(r"^ *\(\* parallel_case \*\)\n *casez ", text, re.MULTILINE)
    assert "synopsys" not in text


def test_nothing_says_when_or_by_what_it_was_made(text: str) -> None:
    assert "/*" not in text
    assert "src" not in text
    assert "generator" not in text


def test_broken_rtlil_is_a_clear_error() -> None:
    with pytest.raises(HwgenError, match="Yosys cannot write the Verilog: ERROR"):
        verilog({"broken": "module \\broken\n  cell\nend\n"})


def test_without_yosys_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ToolMissingError, match="builtin-yosys"):
        verilog({})
