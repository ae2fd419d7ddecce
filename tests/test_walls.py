"""The walls of docs/architecture.md, section 1: who may import whom, and that the tests mirror the tree."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "hwgen"

# room -> the rooms it may import. A new room must be entered here and in docs/architecture.md.
BASE = {"errors", "fixed"}
MODEL = BASE | {"model"}
EMIT = MODEL | {"plan", "gateware", "emit"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "fixed": {"fixed"},
    "model": MODEL,
    "golden": MODEL | {"golden"},
    "plan": MODEL | {"plan"},
    "compress": MODEL | {"golden", "plan", "compress"},
    "importers": MODEL | {"golden", "plan", "compress", "importers"},
    "gateware": BASE | {"plan", "gateware"},
    "emit": EMIT,
    "flow": EMIT | {"golden", "flow"},
    "bench": EMIT | {"golden", "compress", "importers", "flow", "bench"},
    "cli": EMIT | {"golden", "compress", "importers", "flow", "bench", "cli"},
    "__init__": set(),
    "__main__": {"cli"},
}

# Files that need no test file of their own, each with the reason.
TESTED_ELSEWHERE: dict[str, str] = {
    "cli/options.py": "declarations only; tests/cli/test_app.py reads them in every verb's help",
    **{
        f"gateware/{name}.py": "statements of PEArray's module, no component of its own: tests/gateware/test_array.py"
        for name in (
            "array_banks",
            "array_broadcast",
            "array_drain",
            "array_parts",
            "array_pes",
            "array_sparse",
            "column_controls",
        )
    },
    "gateware/write_walk.py": "steered by the drain's counter, whose places it takes: tests/gateware/test_drain.py",
    "__main__.py": "one call of hwgen.cli.main; tests/cli runs it as `python -m hwgen`",
}

SOURCES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))


def room_of(source: Path) -> str:
    return source.parts[0].removesuffix(".py")


def imported_rooms(source: Path) -> set[str]:
    """Rooms of hwgen that a file imports anywhere, functions and TYPE_CHECKING blocks included."""
    rooms = set()
    for node in ast.walk(ast.parse((PACKAGE / source).read_text(encoding="utf-8"))):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"hwgen/{source}:{node.lineno}: relative imports hide the wall; write hwgen.X"
            modules = [str(node.module)]
            if node.module == "hwgen":
                modules = [f"hwgen.{alias.name}" for alias in node.names if alias.name != "__version__"]
        rooms |= {name.split(".")[1] for name in modules if name.startswith("hwgen.")}
    return rooms


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_imports_run_one_way(source: Path) -> None:
    room = room_of(source)
    assert room in MAY_IMPORT, f"hwgen/{source}: the room {room!r} is unknown; docs/architecture.md lists the rooms"
    forbidden = imported_rooms(source) - MAY_IMPORT[room]
    assert not forbidden, f"hwgen/{source} may not import hwgen.{', hwgen.'.join(sorted(forbidden))}"


def test_golden_and_gateware_never_meet() -> None:
    assert "gateware" not in MAY_IMPORT["golden"] | MAY_IMPORT["plan"]
    assert "golden" not in MAY_IMPORT["gateware"] | MAY_IMPORT["plan"] | MAY_IMPORT["emit"]


@pytest.mark.parametrize("source", [s for s in SOURCES if s.name != "__init__.py"], ids=str)
def test_every_file_has_its_test(source: Path) -> None:
    mirror = Path("tests") / source.parent / f"test_{source.name}"
    if str(source) in TESTED_ELSEWHERE:
        assert not (ROOT / mirror).exists(), f"{mirror} exists: remove hwgen/{source} from TESTED_ELSEWHERE"
    else:
        assert (ROOT / mirror).is_file(), f"hwgen/{source} has no {mirror}, nor a reason in TESTED_ELSEWHERE"


def test_exceptions_name_files_that_exist() -> None:
    assert set(TESTED_ELSEWHERE) <= {str(source) for source in SOURCES}
