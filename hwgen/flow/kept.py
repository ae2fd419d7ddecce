"""What is expensive to make is kept under a name that changes with everything it is made of."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path


def kept(path: Path, make: Callable[[Path], Path]) -> Path:
    """``path`` if it exists, else what ``make`` makes in an empty folder, moved there.

    Moving is atomic: an interrupted run leaves nothing that looks finished, and of two runs at the same time both win.
    """
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix="part-") as scratch:
        made = make(Path(scratch))
        try:
            made.rename(path)
        except OSError:  # a folder that another run has put there meanwhile
            if not path.exists():
                raise
    return path
