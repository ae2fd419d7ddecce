"""Steps one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import pytest

from hwgen.compress import chain
from hwgen.compress.chain import compress
from hwgen.compress.checkpoint import Checkpoints
from hwgen.compress.frames import accuracy
from hwgen.compress.sizes import model_sizes
from hwgen.compress.steps import Context, Outcome, Step
from hwgen.compress.steps.encode import EncodeStep
from hwgen.compress.steps.huffman import HuffmanStep
from hwgen.compress.steps.lowrank import LowrankStep
from hwgen.compress.steps.prune import PruneStep
from hwgen.compress.steps.quantise import QuantiseStep
from hwgen.compress.steps.share import ShareStep
from hwgen.errors import UsageError
from hwgen.model import Model
from hwgen.plan import build_plan
from tests.compress.networks import mlp
from tests.compress.steps.contexts import context

STEPS = (
    LowrankStep(rank={"fc1": 4}),
    PruneStep(density={"fc1": 0.2}),
    ShareStep(bits=2),
    QuantiseStep(),
    EncodeStep(),
    HuffmanStep(),
)


def test_rows_tell_what_each_step_did() -> None:
    model = mlp(40, 32, 3)
    data = context(model)
    result = compress(model, STEPS, data)
    rows = {(row.name, row.layer): row for row in result.rows}
    assert [row.layer for row in result.rows] == ["fc1_a", "fc1", "fc2"] * 6
    assert rows["lowrank", "fc1_a"].bits_before == 0
    assert rows["prune", "fc1"].density == pytest.approx(0.2, abs=0.01)
    assert rows["prune", "fc1"].skipped_reason is None
    assert rows["prune", "fc2"].skipped_reason == "is not named in 'density'"
    assert rows["lowrank", "fc1"].accuracy_before == accuracy(model, data.test)
    assert rows["huffman", "fc1"].accuracy_after == accuracy(result.model, data.test)
    for first, then in pairwise(STEPS):
        for layer in ("fc1", "fc2"):
            assert rows[first.name, layer].bits_after == rows[then.name, layer].bits_before
            assert rows[first.name, layer].accuracy_after == rows[then.name, layer].accuracy_before
    cycles = {layer.name: layer.cycles for layer in build_plan(result.model, data.options).layers}
    assert rows["huffman", "fc1"].cycles == cycles["fc1"]
    assert rows["huffman", "fc1"].bits_after == model_sizes(result.model)[1].huffman_bits
    assert list(result.tables) == ["sizes"]


def test_without_data_there_is_no_accuracy() -> None:
    model = mlp(8, 6, 3)
    result = compress(model, [PruneStep(density=0.5)], Context(original=model))
    assert {(row.accuracy_before, row.accuracy_after) for row in result.rows} == {(None, None)}


def test_an_error_names_its_step() -> None:
    model = mlp(8, 6, 3)
    with pytest.raises(UsageError, match=r"step 2 \(quantise\): the step 'quantise' needs data"):
        compress(model, [PruneStep(density=0.5), QuantiseStep()], Context(original=model))


@dataclass(frozen=True, kw_only=True)
class Counting(Step):
    name: ClassVar[str] = "count"
    key: int = 0
    ran: ClassVar[list[int]] = []

    def run(self, model: Model, context: Context) -> Outcome:
        self.ran.append(self.key)
        if self.key < 0:
            raise UsageError("stopped")
        return Outcome(model=model, tables={"count": [{"key": self.key}]})


def test_what_has_run_is_not_run_again(tmp_path) -> None:
    model = mlp(8, 6, 3)
    Counting.ran.clear()

    def run(*keys: int):
        points = Checkpoints(tmp_path / "s", ["base"], resume=True)
        return compress(model, [Counting(key=key) for key in keys], Context(original=model), points)

    with pytest.raises(UsageError, match="stopped"):
        run(1, 2, -1)
    whole = run(1, 2, 3)
    assert Counting.ran == [1, 2, -1, 3]
    assert [row.layer for row in whole.rows] == ["fc1", "fc2"] * 3
    assert whole.tables == {"count": [{"key": 3}]}
    assert run(1, 2, 3).rows == whole.rows
    run(1, 5, 3)
    assert Counting.ran == [1, 2, -1, 3, 5, 3]


def test_measuring_is_not_repeated_between_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    real = chain.accuracy
    monkeypatch.setattr(chain, "accuracy", lambda *given: calls.append(1) or real(*given))
    model = mlp(8, 6, 3)
    compress(model, [PruneStep(density=0.5), PruneStep(density=0.2)], context(model))
    assert len(calls) == 3
