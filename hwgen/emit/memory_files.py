"""The .mem files: what $readmemh puts into the core's memories."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from hwgen.errors import HwgenError
from hwgen.plan.images import MemoryImage

FOLDER = "mem"

_FILE = re.compile(rf"\"{FOLDER}/([^\"]*)\.mem\"")
_STEM = re.compile(r"\w+", re.ASCII)


def memory_text(image: MemoryImage) -> str:
    """Hexadecimal words, one a line."""
    highest_first = image.data(-(-image.width // 8))[:, ::-1]
    digits = np.frombuffer(highest_first.tobytes().hex().encode(), np.uint8).reshape(image.depth, -1)
    lines = np.full((image.depth, -(-image.width // 4) + 1), ord("\n"), np.uint8)
    lines[:, :-1] = digits[:, digits.shape[1] - lines.shape[1] + 1 :]
    return lines.tobytes().decode()


def memory_files(images: Iterable[MemoryImage], modules: Iterable[str]) -> dict[str, str]:
    """Texts of the files that the modules name, by path in the core's folder.

    Raises
    ------
    HwgenError
        A module names a memory that the plan does not have, or a path that leaves the folder.
    """
    by_name = {image.name: image for image in images}
    named = sorted({stem for text in modules for stem in _FILE.findall(text)})
    for stem in named:
        if not _STEM.fullmatch(stem) or stem not in by_name:
            raise HwgenError(f"the gateware names a memory that the plan does not have: {stem!r}")
    return {f"{FOLDER}/{stem}.mem": memory_text(by_name[stem]) for stem in named}
