"""Tables that line up on a terminal of 80 columns and in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from textwrap import wrap

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

MARGIN = "  "
COLUMNS = 80
WIDEST = 10_000


def print_table(
    headings: Sequence[str], rows: Iterable[Sequence[object]], *, total: Sequence[object] | None = None
) -> None:
    """Print to stdout; a heading that begins with "<" makes a column of text, any other one of numbers.

    On a terminal columns of text give way and wrap; in a pipe every row is one line, however long.
    """
    table = Table(
        box=None,
        padding=(0, 2, 0, 0),
        pad_edge=False,
        show_footer=total is not None,
        header_style="bold",
        footer_style="bold",
    )
    footers = list(total) if total is not None else [""] * len(headings)
    for heading, footer in zip(headings, footers, strict=True):
        text = heading.startswith("<")
        table.add_column(
            heading.removeprefix("<"),
            cell(footer),
            justify="left" if text else "right",
            overflow="fold",
            no_wrap=not text,
        )
    for row in rows:
        table.add_row(*(cell(value) for value in row))
    console = Console(highlight=False)
    if console.is_terminal:
        console.print(table)
        return
    wide = Console(highlight=False, width=Measurement.get(console, console.options.update(width=WIDEST), table).maximum)
    with wide.capture() as captured:
        wide.print(table)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def print_facts(facts: Iterable[tuple[str, object]]) -> None:
    """Print "name  value" lines, the values below each other, wrapped between words; None leaves a fact out."""
    lines = [(name, str(value)) for name, value in facts if value is not None]
    indent = max((len(name) for name, _ in lines), default=0) + len(MARGIN)
    for name, value in lines:
        # Paths and commands are never broken: who copies them wants one piece.
        pieces = wrap(value, COLUMNS - indent, break_long_words=False, break_on_hyphens=False) or [""]
        for index, piece in enumerate(pieces):
            sys.stdout.write(f"{name if index == 0 else '':<{indent}}{piece}\n")


def print_gap() -> None:
    """An empty line between two parts."""
    sys.stdout.write("\n")


def cell(value: object) -> Text:
    """Numbers with thousands separated; None is a dash. Names are never read as markup."""
    match value:
        case None:
            return Text("-")
        case bool() | str():
            return Text(str(value))
        case int():
            return Text(f"{value:,}")
        case float():
            return Text(f"{value:.1f}")
        case _:
            return Text(str(value))


def percent(part: float) -> str:
    """A share as text, such as 91.9."""
    return f"{100 * part:.1f}"


def shape_text(shape: Iterable[int]) -> str:
    """1x8x8."""
    return "x".join(map(str, shape))
