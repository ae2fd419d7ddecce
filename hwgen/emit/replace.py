"""Writing a folder as a whole or not at all."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hwgen.errors import UsageError

MANIFEST = "manifest.json"


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """A new folder beside ``folder`` that takes its place when the block ends well, and vanishes otherwise.

    Raises
    ------
    UsageError
        ``folder`` exists and is neither empty nor a core that hwgen wrote, or it cannot be written.
    """
    target = folder.absolute()
    _check_replaceable(target, str(folder))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            dir=target.parent, prefix=f".{target.name}.", ignore_cleanup_errors=True
        ) as scratch:
            new, old = Path(scratch) / "new", Path(scratch) / "old"
            new.mkdir()
            yield new
            if target.exists():
                target.rename(old)
            try:
                new.rename(target)
            except OSError:
                if old.exists():
                    old.rename(target)
                raise
    except OSError as error:
        raise UsageError(
            f"cannot be written: {error.strerror or error}", file=str(folder), hint="choose another folder with -o"
        ) from error


def _check_replaceable(target: Path, shown: str) -> None:
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise UsageError("exists and is not a folder", file=shown, hint="choose another folder with -o")
    if not target.exists() or not any(target.iterdir()):
        return
    try:
        written = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
        ours = isinstance(written, dict) and "hwgen_version" in written
    except (OSError, ValueError):
        ours = False
    if not ours:
        raise UsageError(
            "exists and holds something that hwgen did not write", file=shown, hint="empty it or choose another with -o"
        )
