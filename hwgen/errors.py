"""One family of errors: what is wrong, where it stands, how to mend it.

Every message a user can provoke is a :class:`HwgenError`. The command line prints it on one line and exits with
its ``exit_status``; a traceback is a defect of hwgen.
"""

from __future__ import annotations


class HwgenError(Exception):
    """What is wrong, where (file, layer, key), and how to mend it.

    Parameters
    ----------
    what:
        What is wrong, one sentence without a full stop.
    file, layer, key:
        Where it stands; each may be absent.
    hint:
        How to mend it, one clause.
    """

    exit_status = 2

    def __init__(
        self,
        what: str,
        *,
        file: str | None = None,
        layer: str | None = None,
        key: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.what = what
        self.file = file
        self.layer = layer
        self.key = key
        self.hint = hint
        super().__init__(str(self))

    def __str__(self) -> str:
        where = []
        if self.file is not None:
            where.append(self.file)
        if self.layer is not None:
            where.append(f"layer {self.layer!r}")
        if self.key is not None:
            where.append(f"key {self.key!r}")
        text = ", ".join(where)
        text = f"{text}: {self.what}" if text else self.what
        return f"{text} ({self.hint})" if self.hint else text


class ModelError(HwgenError):
    """The model file is not a valid hwgen model."""


class UsageError(HwgenError):
    """The command line, or data given on it, cannot be used."""


class UnsupportedError(HwgenError):
    """The model is valid, but what it asks for has no hardware yet."""


class ToolMissingError(HwgenError):
    """A tool that the command needs is not installed; the hint is the command that installs it."""


class CheckFailedError(HwgenError):
    """The command ran and its check failed: a mismatch, a missed timing, a core that does not fit."""

    exit_status = 1
