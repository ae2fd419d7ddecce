"""Plots."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest
from matplotlib.figure import Figure

from hwgen.bench.plots import save_plot
from hwgen.bench.result import Plot
from hwgen.errors import ToolMissingError


def draw(figure: Figure) -> None:
    figure.subplots().plot([1, 2, 3], [3, 1, 2], label="line")


def test_the_same_numbers_give_the_same_bytes(tmp_path: Path) -> None:
    plot = Plot("p.svg", "A line", draw)
    save_plot(plot, tmp_path / "a.svg")
    save_plot(plot, tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert "<path" in (tmp_path / "a.svg").read_text()


def test_without_matplotlib_the_command_that_installs_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> ModuleType:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(ToolMissingError, match=r"matplotlib is not installed \(pip install 'hwgen\[bench\]'\)"):
        save_plot(Plot("p.svg", "A line", draw), tmp_path / "a.svg")
    assert not list(tmp_path.iterdir())
