"""Files that the benchmarks read."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwgen.bench.data import DataFile, data_file, data_folder
from hwgen.errors import UsageError

FILE = DataFile("a/b.npz", "somewhere", "0123")


def test_the_variable_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HWGEN_DATA", str(tmp_path))
    assert data_folder() == tmp_path
    assert data_folder(tmp_path / "other") == tmp_path / "other"
    monkeypatch.delenv("HWGEN_DATA")
    assert data_folder().parts[-2:] == ("shared", "data")


def test_a_missing_file_is_named_with_its_source(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a/b\.npz: the benchmark's data is missing \(from somewhere, sha256 0123"):
        data_file(FILE, tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.npz").touch()
    assert data_file(FILE, tmp_path) == tmp_path / "a" / "b.npz"
