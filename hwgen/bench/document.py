"""A benchmark's section of docs/benchmarks.md, and its plots beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from hwgen.bench.plots import save_plot
from hwgen.bench.result import Result, Table
from hwgen.errors import UsageError

FILE = "benchmarks.md"
IMAGES = "img"

HEAD = """# Benchmarks

Every section is written by the command above its tables; nothing here is typed by hand.
"""


def write_section(result: Result, versions: Mapping[str, str], docs: Path) -> list[Path]:
    """Replace the benchmark's section in ``docs``/benchmarks.md, or append it; the files written.

    Raises
    ------
    UsageError
        There is no such folder.
    ToolMissingError
        matplotlib is not installed.
    """
    if not docs.is_dir():
        raise UsageError("no such folder", file=str(docs), key="--docs", hint="give the folder of benchmarks.md")
    images = []
    for plot in result.plots:
        path = docs / IMAGES / plot.name
        path.parent.mkdir(exist_ok=True)
        save_plot(plot, path)
        images.append(path)
    page = docs / FILE
    text = page.read_text(encoding="utf-8") if page.exists() else HEAD
    page.write_text(placed(text, result.name, section(result, versions)), encoding="utf-8")
    return [page, *images]


def placed(text: str, name: str, content: str) -> str:
    """``text`` with ``content`` between the markers of ``name``, which are appended where they are missing."""
    begin, end = f"<!-- bench {name} -->", f"<!-- end of {name} -->"
    block = f"{begin}\n{content}{end}"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if pattern.search(text):
        return pattern.sub(lambda _: block, text)
    return f"{text.rstrip()}\n\n{block}\n"


def section(result: Result, versions: Mapping[str, str]) -> str:
    """Markdown."""
    parts = [
        f"## {result.name}",
        result.summary,
        f"    python -m hwgen bench {result.name} --docs docs",
        *(markdown(table) for table in result.tables),
        *(f"![{plot.caption}]({IMAGES}/{plot.name})\n\n{plot.caption}." for plot in result.plots),
        "Measured with " + ", ".join(f"{tool} {version}" for tool, version in versions.items()) + ".",
    ]
    return "\n\n".join(parts) + "\n"


def markdown(table: Table) -> str:
    """Title, table, note."""
    heading = " | ".join(column.title for column in table.columns)
    rule = "|".join("---" if column.is_text else "---:" for column in table.columns)
    rows = [f"| {' | '.join(cells)} |" for cells in table.cells()]
    body = "\n".join([f"| {heading} |", f"|{rule}|", *rows])
    return "\n\n".join(filter(None, [f"### {table.title}", body, table.note]))
