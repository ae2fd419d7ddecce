"""Plots as SVG; the same numbers give the same bytes."""

from __future__ import annotations

import importlib
from pathlib import Path

from hwgen.bench.result import Plot
from hwgen.errors import ToolMissingError

SIZE = (9.0, 3.6)
INSTALL = "pip install 'hwgen[bench]'"


def save_plot(plot: Plot, path: Path) -> None:
    """Draw ``plot`` to an SVG file.

    Raises
    ------
    ToolMissingError
        matplotlib is not installed.
    """
    try:
        matplotlib = importlib.import_module("matplotlib")
        figures = importlib.import_module("matplotlib.figure")
    except ModuleNotFoundError:
        raise ToolMissingError("the Python package matplotlib is not installed", hint=INSTALL) from None
    # Identifiers are hashed with a salt, which is random unless it is set.
    with matplotlib.rc_context({"svg.hashsalt": plot.name, "svg.fonttype": "none"}):
        figure = figures.Figure(figsize=SIZE, layout="constrained")
        plot.draw(figure)
        figure.savefig(path, format="svg", metadata={"Date": None})
