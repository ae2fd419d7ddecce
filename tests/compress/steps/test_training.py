"""The keys of training, and training on several processes."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.compress.steps import training
from hwgen.compress.steps.finetune import FinetuneStep
from hwgen.compress.steps.training import epochs_told, require_torch, run_step
from hwgen.compress.weighted import float_weights
from hwgen.errors import ToolMissingError, UsageError
from tests.compress.networks import mlp
from tests.compress.steps.contexts import context

NEEDS_TORCH = "needs PyTorch: pip install 'hwgen[train]'"


@pytest.mark.parametrize(
    "keys",
    [
        {"epochs": -1},
        {"rate": -1.0},
        {"batch": 0},
        {"turn": 2.0},
        {"precision": "int8"},
        {"workers": 0},
        {"image": (1, 2)},
    ],
)
def test_what_is_out_of_range_is_said(keys: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=f"key '{next(iter(keys))}'"):
        FinetuneStep(**keys)  # type: ignore[arg-type]


def test_without_torch_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "find_spec", lambda _name: None)
    with pytest.raises(ToolMissingError, match=r"needs PyTorch \(pip install 'hwgen\[train\]'\)"):
        require_torch("prune")


def test_an_epoch_is_told_once() -> None:
    told: list[str] = []
    progress = epochs_told("share", 2, context(mlp(4, 3), progress=lambda what, _: told.append(what)))
    for done, loss in ((0.1, 9.0), (0.4, 8.0), (0.6, 3.0), (1.0, 2.0)):
        progress(done, loss)
    assert told == ["share: epoch 1 of 2"] * 2 + ["share: epoch 2 of 2, loss 3.0000"] * 2


def test_flat_frames_are_distorted_only_as_images() -> None:
    pytest.importorskip("torch", reason=NEEDS_TORCH)
    model = mlp(8, 3)
    step = FinetuneStep(turn=0.1)
    with pytest.raises(UsageError, match=r"give image = \[channels, height, width\]"):
        step.schedule(model, context(model))
    assert FinetuneStep(turn=0.1, image=(1, 2, 4)).schedule(model, context(model)).distortion.active


def test_two_workers_do_what_one_does() -> None:
    pytest.importorskip("torch", reason=NEEDS_TORCH)
    model = mlp(8, 6, 3)
    found = [
        float_weights(run_step(FinetuneStep(epochs=1, rate=0.01, workers=workers), model, context(model)).model)
        for workers in (1, 2)
    ]
    assert np.allclose(found[0]["fc1"], found[1]["fc1"], atol=1e-5)
