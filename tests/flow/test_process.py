"""Tools that fail, and what is said of them."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from hwgen.flow import process
from hwgen.flow.process import LOG_LINES_SHOWN, HopelessError, ToolFailedError, run, silent, telling_lines


def test_output_is_returned_and_logged(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import os, sys; print(os.getcwd()); sys.stderr.write('second\\n')"]
    log = tmp_path / "logs" / "run.log"
    text = run(command, cwd=tmp_path, log=log)
    assert str(tmp_path) in text
    assert "second" in text
    assert log.read_text() == text


def test_a_failure_names_log_and_errors(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('fine'); print('ERROR: no such cell'); raise SystemExit(3)"]
    log = tmp_path / "run.log"
    with pytest.raises(ToolFailedError, match="no such cell") as caught:
        run(command, cwd=tmp_path, log=log)
    assert str(log) in str(caught.value)
    assert "fine" not in str(caught.value)
    assert caught.value.exit_status == 2


def test_without_errors_the_last_lines_tell() -> None:
    text = "\n".join(f"line {k}" for k in range(100))
    assert telling_lines(text).splitlines() == [f"line {k}" for k in range(100 - LOG_LINES_SHOWN, 100)]


def test_many_errors_are_cut() -> None:
    assert len(telling_lines("\n".join(["error: x"] * 100)).splitlines()) == LOG_LINES_SHOWN


def test_who_watches_a_tool_may_stop_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "WATCH_SECONDS", 0.05)
    endless = "import time\nprint('no way', flush=True)\ntime.sleep(600)"
    seen: list[str] = []

    def hopeless(text: str) -> bool:
        seen.append(text)
        return "no way" in text

    started = time.monotonic()
    with pytest.raises(HopelessError, match=r"run\.log"):
        run([sys.executable, "-c", endless], cwd=tmp_path, log=tmp_path / "run.log", hopeless=hopeless)
    assert time.monotonic() - started < 300
    assert "no way" in seen[-1]
    short = [sys.executable, "-c", "print('done')"]
    assert run(short, cwd=tmp_path, log=tmp_path / "run.log", hopeless=lambda _: False) == "done\n"
    with pytest.raises(ToolFailedError):
        run([*short[:2], "raise SystemExit(1)"], cwd=tmp_path, log=tmp_path / "run.log", hopeless=lambda _: False)


def test_silence_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    silent("stage", 0.5)
    assert capsys.readouterr().out == ""
