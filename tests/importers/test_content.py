from __future__ import annotations

from pathlib import Path

import pytest

from hwgen.errors import UsageError
from hwgen.importers.content import content_of


def test_all_bytes_or_why_not(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\0\1")
    assert content_of(tmp_path / "file") == b"\0\1"
    with pytest.raises(UsageError, match="Is a directory") as caught:
        content_of(tmp_path)
    assert caught.value.file == str(tmp_path)
