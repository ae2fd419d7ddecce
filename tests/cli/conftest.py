"""Running a verb inside the test's process, and one core to run them on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hwgen.cli import main
from hwgen.emit import write_core
from hwgen.plan import PlanOptions, build_plan
from tests.cli.run import Hwgen, Outcome
from tests.emit.networks import tiny


@pytest.fixture
def hwgen(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hwgen:
    """Runs a verb in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: object) -> Outcome:
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        assert isinstance(left.value.code, int)
        return Outcome(left.value.code, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A core that tests may copy."""
    folder = tmp_path_factory.mktemp("built") / "tiny"
    write_core(build_plan(tiny(), PlanOptions(pes=2, lanes=2)), tiny(), folder)
    return folder


@pytest.fixture
def core(built: Path, tmp_path: Path) -> Path:
    """A core of the test's own."""
    return Path(shutil.copytree(built, tmp_path / "tiny"))
