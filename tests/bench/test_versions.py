"""Versions."""

from __future__ import annotations

import platform

import pytest

from hwgen import __version__
from hwgen.bench import versions as module
from hwgen.bench.versions import versions


def test_versions_of_what_runs() -> None:
    found = versions()
    assert found["hwgen"] == __version__
    assert found["python"] == platform.python_version()
    assert found["numpy"].count(".") >= 1


def test_what_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PACKAGES", ("no-such-package-of-hwgen",))
    monkeypatch.setattr(module.shutil, "which", lambda _: None)
    assert set(versions()) == {"hwgen", "python"}
