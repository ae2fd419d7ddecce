"""The step encode."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen import golden
from hwgen.compress.steps.encode import EncodeStep
from hwgen.compress.steps.prune import PruneStep
from hwgen.compress.steps.quantise import QuantiseStep
from hwgen.compress.weighted import weighted_layers
from hwgen.errors import UsageError
from hwgen.plan import build_plan
from tests.compress.networks import mlp
from tests.compress.steps.contexts import context


def test_by_bits_and_by_cycles() -> None:
    model = mlp(64, 32, 3)
    data = context(model)
    pruned = PruneStep(density={"fc1": 0.05}).run(model, data).model
    quantised = QuantiseStep().run(pruned, data).model
    small, fast = (EncodeStep(by=by).run(quantised, data).model for by in ("bits", "cycles"))
    assert weighted_layers(small)["fc1"].weights.encoding == "sparse"
    frames = np.random.default_rng(0).integers(-128, 128, (5, 64)).astype(np.int8)
    for model in (small, fast):
        assert np.array_equal(golden.infer(model, frames), golden.infer(quantised, frames))
    cycles = [build_plan(model, data.options).compute_cycles for model in (quantised, small, fast)]
    assert cycles[2] <= min(cycles)


def test_wrong_keys_are_said() -> None:
    with pytest.raises(UsageError, match="key 'by'"):
        EncodeStep(by="odd")
