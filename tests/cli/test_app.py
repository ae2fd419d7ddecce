"""Usage, errors and exit statuses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from hwgen import __version__
from hwgen.cli import app as module
from hwgen.errors import CheckFailedError, UsageError
from tests.cli.run import MODELS, ROOT, Hwgen, in_process

VERBS = ("import", "compress", "build", "weights", "infer", "simulate", "verify", "synth", "show", "bench")


def test_help_lists_the_verbs(hwgen: Hwgen) -> None:
    shown = hwgen("--help")
    assert shown.status == 0
    listed = shown.out.partition("Commands:")[2]
    assert tuple(line.split()[0] for line in listed.splitlines() if line.strip()) == VERBS


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_and_json(verb: str, hwgen: Hwgen) -> None:
    shown = hwgen(verb, "--help")
    assert shown.status == 0
    assert shown.err == ""
    assert "--json FILE" in shown.out
    assert max(map(len, shown.out.splitlines())) <= 80


def test_version(hwgen: Hwgen) -> None:
    shown = hwgen("--version")
    assert (shown.status, shown.out) == (0, f"hwgen {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing command (see `hwgen --help`)"),
        (["frobnicate"], "No such command 'frobnicate' (see `hwgen --help`)"),
        (["build"], "Missing argument 'MODEL.npz' (see `hwgen build --help`)"),
        (["build", "m.npz", "--pes", "many"], "Invalid value for '--pes': "),
        (["build", "m.npz", "--nothing"], "No such option: --nothing"),
        (["build", "m.npz", "--weights", "ram"], "Invalid value for '--weights': "),
        (["verify", "core", "--frames", "0"], "Invalid value for '--frames': "),
        (["synth", "core"], "Missing option '--target'"),
        (["build", "m.npz"], "m.npz: cannot be read: No such file or directory"),
        (["verify", "."], ".: no core here: manifest.json is missing (give the folder that `hwgen build` wrote)"),
    ],
)
def test_wrong_usage_is_one_error_and_status_2(arguments: list[str], message: str, hwgen: Hwgen) -> None:
    shown = hwgen(*arguments)
    assert shown.status == 2
    assert shown.out == ""
    assert shown.error.startswith(message)
    assert len(shown.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (UsageError("no", file="f", hint="do"), 2, "f: no (do)"),
        (CheckFailedError("3 values differ"), 1, "3 values differ"),
        (OSError(28, "No space left on device", "disk"), 2, "disk: No space left on device"),
        (OSError("odd"), 2, "odd"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (typer.Abort(), 130, "interrupted"),
    ],
)
def test_what_becomes_of_an_error(
    error: BaseException, status: int, text: str, hwgen: Hwgen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_options: object) -> None:
        raise error

    monkeypatch.setattr(module, "app", fail)
    shown = hwgen("show")
    assert shown.status == status
    assert shown.error == text


def test_a_defect_is_not_dressed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_options: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(module, "app", fail)
    with pytest.raises(ZeroDivisionError):
        module.main([])


def test_as_a_module_without_warnings(tmp_path: Path) -> None:
    shown = in_process("show", MODELS / "digits_mlp.npz", cwd=tmp_path)
    assert shown.status == 0
    assert shown.out.startswith("layer ")
    assert in_process("nothing", cwd=tmp_path).status == 2


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    command = f'"{sys.executable}" -m hwgen show "{MODELS}/digits_cnn.npz" | true; echo ${{PIPESTATUS[0]}}'
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env=variables, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "0"
    assert done.stderr == ""
