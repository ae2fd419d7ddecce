"""README.md and docs/: quick commands print what the pages say, all flags exist, links lead somewhere."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from typer.main import get_command

from hwgen.cli.app import app
from hwgen.golden import infer
from hwgen.model import load
from tests.docs.pages import PAGES, ROOT, Example, blocks, examples, text

# What needs a C++ compiler or place and route is run by the tests of flow and cli.
QUICK = ("build", "infer", "show", "weights")
README = ROOT / "README.md"
EVERY_EXAMPLE = [example for page in PAGES for example in examples(page)]


def run(command: list[str], folder: Path) -> str:
    """stdout of a command in ``folder``, or its error, without the progress lines."""
    environment = dict(os.environ, PYTHONPATH=str(ROOT), COLUMNS="80")
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout if done.returncode == 0 else done.stderr.replace("hwgen: plan\n", "")


def agrees(wanted: str, got: str) -> bool:
    """Whether ``got`` is what a page shows; blanks at line ends do not count."""
    strip = re.compile(r" +$", re.MULTILINE)
    return doctest.OutputChecker().check_output(strip.sub("", wanted), strip.sub("", got), doctest.ELLIPSIS)


@pytest.mark.parametrize("page", [README, ROOT / "docs" / "commands.md"], ids=lambda page: page.name)
def test_quick_commands_print_what_the_page_says(page: Path, tmp_path: Path) -> None:
    (tmp_path / "models").symlink_to(ROOT / "models")
    for script in blocks(page, "python"):
        run([sys.executable, "-c", script], tmp_path)
    quick = [example for example in examples(page) if example.verb in QUICK]
    assert {example.verb for example in quick} >= {"build", "infer", "show"}
    for example in quick:
        got = run([sys.executable, "-m", "hwgen", *example.arguments], tmp_path)
        assert agrees(example.printed, got), f"{example.page}: {example.command} prints\n{got}"


def test_the_model_of_ten_lines(tmp_path: Path) -> None:
    [script] = blocks(README, "python")
    assert len([line for line in script.splitlines() if line.strip()]) <= 10
    assert run([sys.executable, "-c", script], tmp_path) == ""
    frame = np.array([[100, -100, 50, 25]], np.int8)
    # By hand: 3*100 + 2*100 + 5*50 + 25 + 10 = 785 and -4*100 - 6*100 + 2*25 - 10 = -960, each / 16, half up.
    assert infer(load(tmp_path / "tiny.npz"), frame).tolist() == [[49, -60]]


@pytest.mark.parametrize("example", [e for e in EVERY_EXAMPLE if e.verb], ids=lambda e: f"{e.page}: {e.command}")
def test_flags_exist(example: Example) -> None:
    flags = [word for word in example.arguments if word.startswith("-")]
    assert example.verb in verbs()
    assert set(flags) <= verbs()[example.verb]


def verbs() -> dict[str, set[str]]:
    """The flags of each verb, both forms of those that have two, ``--help`` left out."""
    commands = get_command(app).commands  # type: ignore[attr-defined]
    return {
        name: {flag for parameter in command.params for flag in parameter.opts if flag.startswith("-")}
        for name, command in commands.items()
    }


@pytest.mark.parametrize("verb", sorted(verbs()))
def test_every_flag_of_a_verb_is_documented_and_no_other(verb: str) -> None:
    section = re.search(rf"^## {verb}$(.*?)(?=^## |\Z)", text(ROOT / "docs" / "commands.md"), re.MULTILINE | re.DOTALL)
    assert section is not None
    rows = re.findall(r"^\| (`-.*?) \| ", section[1], re.MULTILINE)
    listed = {flag for row in rows for flag in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", row)}
    assert listed == verbs()[verb]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text(page)):
        if not target.startswith("https://"):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("picture", sorted((ROOT / "docs" / "img").glob("*.svg")), ids=lambda picture: picture.name)
def test_pictures_are_shown_and_well_formed(picture: Path) -> None:
    root = ElementTree.parse(picture).getroot()
    assert root.tag.endswith("}svg")
    assert any(f"img/{picture.name})" in text(page) for page in PAGES)


def test_accuracies_are_those_of_the_models() -> None:
    """tests/models measures them; here the two tables are compared."""
    wanted = {row[0]: row[1:] for row in table(ROOT / "models" / "README.md", 5)}
    shown = {row[0]: row[1:5] for row in table(README, 7)}
    assert shown == {name: [f"{int(row[0]):,}", f"{int(row[1]):,}", *row[2:]] for name, row in wanted.items()}


def table(page: Path, columns: int) -> list[list[str]]:
    """Rows of a page's tables of that many columns that begin with a model's name."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text(page).splitlines()]
    return [row for row in rows if len(row) == columns and row[0].startswith("digits_")]
