"""Running other people's programs: their output goes to a log, their failure becomes one clear error."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hwgen.errors import HwgenError

#: Told the stage that runs and how much of it is done (0 to 1, or None where that cannot be known).
Progress = Callable[[str, float | None], None]

LOG_LINES_SHOWN = 8
WATCH_SECONDS = 1.0


class ToolFailedError(HwgenError):
    """A tool stopped with an error that none of the checks foresaw."""


class HopelessError(Exception):
    """A tool was stopped by whoever watched it."""


def silent(stage: str, fraction: float | None) -> None:
    """The progress of a caller who wants none."""


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    log: Path,
    env: Mapping[str, str] | None = None,
    hopeless: Callable[[str], bool] | None = None,
) -> str:
    """Run ``command`` in ``cwd`` and return what it printed, both streams together; ``log`` keeps it.

    ``hopeless`` looks at what it printed so far, every :data:`WATCH_SECONDS`: whether to stop it.

    Raises
    ------
    HopelessError
        It was stopped.
    ToolFailedError
        The exit status is not 0; the message ends with the log's errors, or its last lines.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("wb") as stream,
        subprocess.Popen(command, cwd=cwd, env=env, stdout=stream, stderr=subprocess.STDOUT) as process,
    ):
        try:
            status = _watched(process, log, hopeless)
        except BaseException:
            process.kill()
            raise
    text = log.read_text(encoding="utf-8", errors="replace")
    if status != 0:
        raise ToolFailedError(f"{Path(command[0]).name} failed:\n{telling_lines(text)}", file=str(log))
    return text


def _watched(process: subprocess.Popen[bytes], log: Path, hopeless: Callable[[str], bool] | None) -> int:
    """The exit status."""
    while hopeless is not None:
        try:
            return process.wait(WATCH_SECONDS)
        except subprocess.TimeoutExpired:
            if hopeless(log.read_text(encoding="utf-8", errors="replace")):
                raise HopelessError(str(log)) from None
    return process.wait()


def telling_lines(text: str) -> str:
    """The lines of a log that say what went wrong: those with "error", else the last ones."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return "\n".join((errors or lines[-LOG_LINES_SHOWN:])[:LOG_LINES_SHOWN])
