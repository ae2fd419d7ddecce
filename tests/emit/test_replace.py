"""A folder as a whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwgen.emit.replace import replaced
from hwgen.errors import UsageError


def content(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in sorted(folder.rglob("*")) if file.is_file()}


def test_a_new_folder_appears_with_its_parents(tmp_path: Path) -> None:
    with replaced(tmp_path / "a" / "b") as new:
        (new / "x").write_text("1")
        assert not (tmp_path / "a" / "b").exists()
    assert content(tmp_path) == {"a/b/x": "1"}


def test_a_core_of_ours_is_replaced_whole(tmp_path: Path) -> None:
    core = tmp_path / "core"
    core.mkdir()
    (core / "manifest.json").write_text('{"hwgen_version": "0"}')
    (core / "left over").write_text("")
    with replaced(core) as new:
        (new / "x").write_text("1")
    assert content(tmp_path) == {"core/x": "1"}


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "core").mkdir()
    with replaced(tmp_path / "core") as new:
        (new / "x").write_text("1")
    assert content(tmp_path) == {"core/x": "1"}


@pytest.mark.parametrize("manifest", [None, "", "[]", '{"name": "other"}', "\xff"])
def test_what_others_wrote_stays(tmp_path: Path, manifest: str | None) -> None:
    core = tmp_path / "core"
    core.mkdir()
    (core / "thesis.tex").write_text("dear")
    if manifest is not None:
        (core / "manifest.json").write_text(manifest, encoding="latin-1")
    before = {file.name: file.read_bytes() for file in core.iterdir()}
    with pytest.raises(UsageError, match="hwgen did not write"), replaced(core):
        pass
    assert {file.name: file.read_bytes() for file in core.iterdir()} == before


def test_a_file_or_a_link_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    for name in ("file", "link"):
        with pytest.raises(UsageError, match="is not a folder"), replaced(tmp_path / name):
            pass


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    core = tmp_path / "core"
    core.mkdir()
    (core / "manifest.json").write_text('{"hwgen_version": "0"}')
    before = content(tmp_path)

    def fail() -> None:
        with replaced(core) as new:
            (new / "x").write_text("1")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fail()
    assert content(tmp_path) == before
    assert [file.name for file in tmp_path.iterdir()] == ["core"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="core: cannot be written"), replaced(tmp_path / "file" / "core"):
        pass
