"""The verb ``bench``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hwgen.bench import names
from hwgen.bench.result import Column, Result, Table
from hwgen.cli.app import app
from hwgen.errors import UsageError


@pytest.fixture(autouse=True)
def counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A benchmark that takes no time."""
    columns = [Column("<who", "who"), Column("cycles", "cycles")]
    table = Table("Counted", columns, [{"who": "core", "cycles": 12345}], "Note.")
    result = Result(name="count", summary="S.", rows=table.rows, tables=[table])
    monkeypatch.setitem(names.BENCHMARKS, "count", lambda _: result)


def test_the_table_on_the_terminal() -> None:
    done = CliRunner().invoke(app, ["bench", "count"])
    assert done.exit_code == 0
    assert ["core", "12,345"] in [line.split() for line in done.stdout.splitlines()]
    assert "versions  hwgen" in done.stdout


def test_json_on_stdout_is_nothing_but_json() -> None:
    done = CliRunner().invoke(app, ["bench", "count", "--json", "-"])
    record = json.loads(done.stdout)
    assert record["name"] == "count"
    assert record["rows"] == [{"who": "core", "cycles": 12345}]
    assert "python" in record["versions"]


def test_docs(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["bench", "count", "--docs", str(tmp_path)])
    assert done.exit_code == 0
    assert "| core | 12,345 |" in (tmp_path / "benchmarks.md").read_text()


def test_unknown_names_are_refused() -> None:
    done = CliRunner().invoke(app, ["bench", "speed"])
    assert isinstance(done.exception, UsageError)
    assert done.exception.exit_status == 2
