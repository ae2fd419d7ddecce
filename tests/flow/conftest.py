"""The fixture core, written and compiled once for all tests (and for all xdist workers)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hwgen.flow.folder import CoreFolder
from hwgen.flow.kept import kept
from tests.flow.fixture import write_core

needs_icarus = pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")


@pytest.fixture(scope="session")
def core(tmp_path_factory: pytest.TempPathFactory) -> CoreFolder:
    """The fixture core; simulators compiled for it stay in its build folder. Tests must not change its files."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def write(scratch: Path) -> Path:
        return write_core(scratch / "core").path

    return CoreFolder.open(kept(shared / "scale_max", write))


@pytest.fixture
def edited(core: CoreFolder, tmp_path: Path) -> Callable[[str, str], CoreFolder]:
    """A copy of the fixture core in which one text of scale_max.v is replaced."""

    def edit(old: str, new: str) -> CoreFolder:
        path = tmp_path / "edited"
        shutil.copytree(core.path, path, ignore=shutil.ignore_patterns("build", "reports"))
        source = path / "rtl" / "scale_max.v"
        text = source.read_text()
        assert text.count(old) == 1
        source.write_text(text.replace(old, new))
        return CoreFolder.open(path)

    return edit
