"""The step finetune."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.compress.frames import accuracy
from hwgen.compress.predict import as_integers
from hwgen.compress.steps.finetune import FinetuneStep
from hwgen.compress.steps.prune import PruneStep
from hwgen.compress.weighted import float_weights
from hwgen.errors import UsageError
from tests.compress.networks import mlp
from tests.compress.steps.contexts import context


def test_accuracy_comes_back_and_zeros_stay() -> None:
    pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")
    model = mlp(8, 6, 3)
    data = context(model)
    pruned = PruneStep(density=0.5).run(model, data).model
    tuned = FinetuneStep(epochs=5, batch=16, rate=0.05).run(pruned, data).model
    assert np.count_nonzero(float_weights(tuned)["fc1"]) == 24
    assert accuracy(tuned, data.test) > max(0.9, accuracy(pruned, data.test))


def test_integers_do_not_train() -> None:
    model = as_integers(mlp(8, 6, 3))
    with pytest.raises(UsageError, match="train before quantising"):
        FinetuneStep().run(model, context(model))
