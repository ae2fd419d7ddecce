"""Tables and facts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.cli.tables import cell, percent, print_facts, print_table, shape_text


def test_columns_line_up(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["<layer", "cycles"], [("a", 1), ("conv_long", 1234567), ("b", None)], total=("total", 1234568))
    assert capsys.readouterr().out.splitlines() == [
        "layer         cycles",
        "a                  1",
        "conv_long  1,234,567",
        "b                  -",
        "total      1,234,568",
    ]


def test_in_a_pipe_a_row_is_a_line_however_long(capsys: pytest.CaptureFixture[str]) -> None:
    name = "n" * 300
    print_table(["<layer", "cycles"], [(name, 7)])
    assert capsys.readouterr().out.splitlines() == [f"{'layer':300}  cycles", f"{name}       7"]


def test_names_are_not_markup(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["<layer"], [("[bold]x[/bold]",)])
    print_facts([("file", "[red]/a/b[/red] :smile:")])
    assert capsys.readouterr().out.splitlines() == ["layer", "[bold]x[/bold]", "file  [red]/a/b[/red] :smile:"]


def test_facts_wrap_between_words_and_never_break_a_path(capsys: pytest.CaptureFixture[str]) -> None:
    path = "/a-very/long-path/" * 8
    print_facts([("core", path), ("memory", "word " * 30), ("none", None)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"core    {path}"
    assert lines[1].startswith("memory  word word")
    assert all(len(line) <= 80 and line.startswith("        word") for line in lines[2:])
    assert "none" not in "".join(lines)


@given(st.integers(-(10**12), 10**12))
def test_numbers_keep_their_digits(value: int) -> None:
    assert int(cell(value).plain.replace(",", "")) == value


def test_short_texts() -> None:
    assert percent(0.9194) == "91.9"
    assert shape_text((1, 8, 8)) == "1x8x8"
    assert cell(True).plain == "True"
    assert cell(2.25).plain == "2.2"
