"""docs/model-format.md: its example runs, and it names every operation, encoding, key and limit."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from hwgen.model import ENCODINGS, OPS, Activation, AddRequant, Requant, limits, load

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "model-format.md").read_text(encoding="utf-8")


def test_the_example_runs(tmp_path: Path) -> None:
    script = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL).group(1)
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, check=True)
    model = load(tmp_path / "edges.npz")
    assert [layer.name for layer in model.layers] == ["conv1"]
    assert (model.layers[0].weights.decode()[:, :, 1, 1].ravel() == range(-12, 12)).all()


@pytest.mark.parametrize("kind", [*OPS.values(), *ENCODINGS.values(), Activation, Requant, AddRequant])
def test_every_key_is_defined(kind: type) -> None:
    for field in fields(kind):
        assert f"`{field.name}`" in PAGE, field.name


@pytest.mark.parametrize("name", [*OPS, *ENCODINGS])
def test_every_name_has_a_row(name: str) -> None:
    assert f"\n| `{name}` |" in PAGE


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (limits.MAX_JSON_BYTES, "at most 1 MiB, nested"),
        (limits.MAX_ARRAY_BYTES, "1 GiB of arrays"),
        (limits.MAX_FILE_BYTES, "1.5 GiB of file"),
        (limits.MAX_DIRECTORY_BYTES, "1 MiB of directory"),
        (limits.PACKED_FREE, "at most 112 MiB or 8 times"),
    ],
)
def test_sizes(limit: int, text: str) -> None:
    unit = {"MiB": 1 << 20, "GiB": 1 << 30}
    number, name = re.search(r"([\d.]+) ([MG]iB)", text).groups()
    assert float(number) * unit[name] == limit
    assert text in PAGE


@pytest.mark.parametrize(
    "text",
    [
        f"nested at most {limits.MAX_JSON_DEPTH} deep",
        f"At most {limits.MAX_MEMBERS} members",
        f"or {limits.PACKED_RATIO} times its size",
        f"1 to {limits.MAX_LAYERS} layers",
        f"1 to {limits.MAX_NAME} letters",
        f"at most {limits.MAX_MEMBER_NAME} characters",
        f"padding 0 to {limits.MAX_WINDOW}",
        f"2 to {limits.MAX_WEIGHT_BITS}; `binary`",
        f"`code_bits`: 1..{limits.MAX_CODE_BITS} ",
        f"at most {limits.MAX_TEXT} printable",
    ],
)
def test_counts(text: str) -> None:
    assert text in PAGE


def test_powers() -> None:
    assert limits.MAX_MAP == limits.MAX_WEIGHTS == 2**28
    assert PAGE.count("at most 2^28") == 2
