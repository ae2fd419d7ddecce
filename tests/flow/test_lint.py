"""Lint passes what is clean, and names what is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hwgen.errors import CheckFailedError
from hwgen.flow.folder import CoreFolder
from hwgen.flow.lint import lint_icarus, lint_verilator
from tests.flow.conftest import needs_icarus

WAIVER = """`verilator_config
lint_off -rule UNUSEDSIGNAL -file "*scale_max.v"
lint_off -rule WIDTHTRUNC
lint_off -rule WIDTHEXPAND
"""


def test_verilator_names_what_it_finds(core: CoreFolder) -> None:
    with pytest.raises(CheckFailedError, match=r"UNUSEDSIGNAL[^\0]*weight"):
        lint_verilator(core)


def test_a_waiver_silences_only_what_it_names(edited: Callable[[str, str], CoreFolder]) -> None:
    folder = edited("reg        lane; ", "wire not_driven; reg        lane; ")
    (folder.path / "lint.vlt").write_text(WAIVER.replace("UNUSEDSIGNAL -file", "WIDTHTRUNC -file"))
    with pytest.raises(CheckFailedError, match="not_driven"):
        lint_verilator(folder)
    (folder.path / "lint.vlt").write_text(WAIVER)
    lint_verilator(folder)


@needs_icarus
def test_icarus(core: CoreFolder, edited: Callable[[str, str], CoreFolder]) -> None:
    lint_icarus(core)
    with pytest.raises(CheckFailedError, match="no_such_port"):
        lint_icarus(edited(".rdata(word),", ".no_such_port(word),"))
