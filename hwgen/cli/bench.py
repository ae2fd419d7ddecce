"""``bench``: a measured table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hwgen.bench import BENCHMARKS, run_benchmark
from hwgen.bench.document import write_section
from hwgen.bench.result import Result
from hwgen.bench.versions import versions
from hwgen.cli.files import STDOUT, write_json
from hwgen.cli.options import Json
from hwgen.cli.progress import progress
from hwgen.cli.tables import print_facts, print_gap, print_table


def bench(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"One of {', '.join(BENCHMARKS)}.", show_default=False)],
    docs: Annotated[
        Path | None,
        typer.Option(
            "--docs", metavar="DIR", help="Write the tables to DIR/benchmarks.md, plots to DIR/img.", show_default=False
        ),
    ] = None,
    json: Json = None,
) -> None:
    """Measure a benchmark.

    What a benchmark needs and does not find is named, with the command that installs it.
    """
    with progress() as report:
        result = run_benchmark(name, report)
    used = versions()
    if json != STDOUT:
        _print(result, used)
    write_json(json, result.as_json(used))
    if docs is not None:
        written = write_section(result, used, docs)
        if json != STDOUT:
            print_facts([("written", ", ".join(map(str, written)))])


def _print(result: Result, used: dict[str, str]) -> None:
    for table in result.tables:
        print_facts([(table.title, "")])
        print_gap()
        print_table([column.heading for column in table.columns], table.cells())
        print_gap()
        if table.note:
            print_facts([("", table.note)])
            print_gap()
    print_facts([("versions", ", ".join(f"{tool} {version}" for tool, version in used.items()))])
