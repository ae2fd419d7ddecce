"""Progress on stderr: a moving line on a terminal, a line per stage elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Report = Callable[[str, float | None], None]


@contextmanager
def progress() -> Iterator[Report]:
    """The function to tell of a stage and how much of it is done (0 to 1, or None where nobody knows)."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _plain()
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task("", total=None)

        def moving(stage: str, part: float | None) -> None:
            bars.update(task, description=stage, total=None if part is None else 1.0, completed=part or 0.0)

        yield moving


def _plain() -> Report:
    stages: list[str] = []

    def line(stage: str, _part: float | None) -> None:
        if stages[-1:] != [stage]:
            stages.append(stage)
            sys.stderr.write(f"hwgen: {stage}\n")
            sys.stderr.flush()

    return line
