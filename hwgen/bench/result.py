"""What a benchmark hands back: rows for machines, tables and plots for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Row = Mapping[str, Any]
Form = Callable[[Any], str]


def plain(value: object) -> str:
    """Integers with thousands separated, fractions with one digit, None as a dash."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.1f}"
        case _:
            return str(value)


def percent(value: float | None) -> str:
    """A share, such as 91.9."""
    return plain(None if value is None else 100 * value)


def ratio(value: float | None) -> str:
    """Such as 1.13."""
    return "-" if value is None else f"{value:.2f}"


@dataclass(frozen=True)
class Column:
    """A heading ("<" before it makes a column of text) over the rows' values of a key."""

    heading: str
    key: str
    form: Form = plain

    @property
    def is_text(self) -> bool:
        return self.heading.startswith("<")

    @property
    def title(self) -> str:
        return self.heading.removeprefix("<")


@dataclass(frozen=True)
class Table:
    """Rows under a title; ``note`` is a paragraph below."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    note: str = ""

    def cells(self) -> list[list[str]]:
        """The rows as text."""
        return [[column.form(row.get(column.key)) for column in self.columns] for row in self.rows]


@dataclass(frozen=True)
class Plot:
    """A figure that is drawn only where it is asked for; ``name`` is its file's, ``caption`` says what it shows."""

    name: str
    caption: str
    draw: Callable[[Figure], None]


@dataclass(frozen=True, kw_only=True)
class Result:
    """A benchmark's outcome.

    Parameters
    ----------
    rows:
        Everything measured, for ``--json``.
    tables, plots:
        The same for people.
    """

    name: str
    summary: str
    rows: Sequence[Row]
    tables: Sequence[Table]
    plots: Sequence[Plot] = field(default=())

    def as_json(self, versions: Mapping[str, str]) -> dict[str, Any]:
        """The result of ``bench --json``."""
        return {"name": self.name, "versions": dict(versions), "rows": [dict(row) for row in self.rows]}
