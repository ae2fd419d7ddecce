"""The pages of the documentation, and the commands and scripts in them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / folder / "README.md" for folder in (".", "models", "rtl_out", "sim")),
    *sorted((ROOT / "docs").glob("*.md")),
]

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_HWGEN = "python -m hwgen "


@dataclass(frozen=True)
class Example:
    """A command and what a page says that it prints; "..." stands for anything."""

    page: str
    command: str
    printed: str

    @property
    def arguments(self) -> list[str]:
        """What follows ``python -m hwgen``."""
        return shlex.split(self.command.removeprefix(_HWGEN))

    @property
    def verb(self) -> str | None:
        """The verb, where the command is one of hwgen's."""
        return self.arguments[0] if self.command.startswith(_HWGEN) else None


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    """Fenced blocks of a language."""
    return [body for name, body in _BLOCK.findall(text(page)) if name == language]


def examples(page: Path) -> list[Example]:
    """The commands of all ``console`` blocks, in their order."""
    name = str(page.relative_to(ROOT))
    return [Example(name, *found) for block in blocks(page, "console") for found in _COMMAND.findall(block)]
