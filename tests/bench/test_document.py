"""Sections of benchmarks.md."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from hwgen.bench.document import markdown, placed, write_section
from hwgen.bench.result import Column, Plot, Result, Table
from hwgen.errors import UsageError


def result(name: str, count: int) -> Result:
    table = Table("Counts", [Column("<who", "who"), Column("n", "n")], [{"who": "a", "n": count}], "A note.")

    def draw(figure: Figure) -> None:
        figure.subplots().plot([0, 1], [0, count])

    plot = Plot(f"{name}.svg", "Rising", draw)
    return Result(name=name, summary="Summed up.", rows=table.rows, tables=[table], plots=[plot])


def test_tables_align_text_left_and_numbers_right() -> None:
    table = result("x", 12345).tables[0]
    assert markdown(table) == "### Counts\n\n| who | n |\n|---|---:|\n| a | 12,345 |\n\nA note."


def test_sections_are_appended_then_replaced_in_place(tmp_path: Path) -> None:
    write_section(result("one", 1), {"hwgen": "0"}, tmp_path)
    page, image = write_section(result("two", 2), {"hwgen": "0"}, tmp_path)
    first = page.read_text()
    write_section(result("one", 111), {"hwgen": "0"}, tmp_path)
    second = page.read_text()
    assert second == first.replace("| a | 1 |", "| a | 111 |")
    assert second.index("## one") < second.index("## two")
    assert "python -m hwgen bench two --docs docs" in second
    assert image == tmp_path / "img" / "two.svg"
    assert image.read_text().startswith("<?xml")


def test_what_stands_around_a_section_stays() -> None:
    text = "before\n<!-- bench a -->\nold \\1\n<!-- end of a -->\nafter\n"
    assert placed(text, "a", "new \\1\n") == "before\n<!-- bench a -->\nnew \\1\n<!-- end of a -->\nafter\n"


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        write_section(result("x", 1), {}, tmp_path / "absent")
    assert not (tmp_path / "absent").exists()
