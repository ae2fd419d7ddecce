"""Taking up a compression again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hwgen.compress.checkpoint import Checkpoints
from hwgen.compress.steps.encode import EncodeStep
from hwgen.compress.steps.huffman import HuffmanStep
from hwgen.errors import UsageError
from hwgen.model import load
from tests.compress.networks import mlp

FIRST, SECOND = EncodeStep(), HuffmanStep(index_bits=4)


def filled(folder: Path) -> None:
    points = Checkpoints(folder, ["model", "seed"], resume=False)
    for number, step in ((1, FIRST), (2, SECOND)):
        assert points.take(number, step) is None
        points.put(number, step, mlp(4, 3), [{"layer": "fc1"}], {"t": [{"a": number}]})


def taken(folder: Path, base: list[bytes | str], *steps) -> list[bool]:
    points = Checkpoints(folder, base, resume=True)
    return [points.take(number, step) is not None for number, step in enumerate(steps, start=1)]


def test_the_same_past_is_taken_and_any_other_runs_again(tmp_path: Path) -> None:
    folder = tmp_path / "steps"
    filled(folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        "01-encode.json", "01-encode.npz", "02-huffman.json", "02-huffman.npz",
    ]  # fmt: skip
    found = Checkpoints(folder, ["model", "seed"], resume=True).take(1, FIRST)
    assert found is not None
    assert (found[1], found[2]) == ([{"layer": "fc1"}], {"t": [{"a": 1}]})
    assert taken(folder, ["model", "seed"], FIRST, SECOND) == [True, True]
    assert taken(folder, ["model", "seed"], FIRST, HuffmanStep(index_bits=5)) == [True, False]
    assert taken(folder, ["model", "seed"], EncodeStep(by="cycles"), SECOND) == [False, False]
    assert taken(folder, ["models", "eed"], FIRST, SECOND) == [False, False]
    assert Checkpoints(folder, ["model", "seed"], resume=False).take(1, FIRST) is None


def test_what_is_damaged_runs_again(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / "01-encode.npz").write_bytes(b"junk")
    record = json.loads((tmp_path / "02-huffman.json").read_text())
    (tmp_path / "02-huffman.json").write_text(json.dumps(record)[:20])
    assert taken(tmp_path, ["model", "seed"], FIRST, SECOND) == [False, False]


def test_a_step_replaces_another_of_its_number(tmp_path: Path) -> None:
    filled(tmp_path)
    points = Checkpoints(tmp_path, ["model", "seed"], resume=True)
    points.take(1, SECOND)
    points.put(1, SECOND, mlp(4, 2), [], {})
    assert not (tmp_path / "01-encode.npz").exists()
    assert load(tmp_path / "01-huffman.npz").layers[0].output.shape == (2,)


def test_a_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    points = Checkpoints(tmp_path / "file", [], resume=False)
    with pytest.raises(UsageError, match="cannot be written"):
        points.put(1, FIRST, mlp(4, 3), [], {})
