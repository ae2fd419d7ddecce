"""Things made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwgen.flow.kept import kept


def test_made_once(tmp_path: Path) -> None:
    made = []

    def make(scratch: Path) -> Path:
        made.append(scratch)
        (scratch / "thing").write_text("x")
        return scratch / "thing"

    path = tmp_path / "build" / "thing-1"
    assert kept(path, make) == path
    assert kept(path, make) == path
    assert path.read_text() == "x"
    assert len(made) == 1
    assert not made[0].exists()


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    def make(scratch: Path) -> Path:
        (scratch / "half").write_text("x")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        kept(tmp_path / "build" / "thing", make)
    assert list((tmp_path / "build").iterdir()) == []


def test_another_run_was_faster(tmp_path: Path) -> None:
    path = tmp_path / "folder"

    def make(scratch: Path) -> Path:
        path.mkdir()
        (path / "theirs").touch()
        (scratch / "ours").mkdir()
        return scratch / "ours"

    assert kept(path, make) == path
    assert (path / "theirs").exists()
