"""Predicted cycles of float and integer models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hwgen.compress.predict import as_integers, layer_cycles
from hwgen.compress.prune import magnitude
from hwgen.compress.share import share
from hwgen.compress.weighted import float_weights, weighted_layers, with_weights
from hwgen.model import Dense
from hwgen.plan import PlanOptions, build_plan
from tests.compress.networks import mlp

OPTIONS = PlanOptions(pes=4, lanes=1)


def test_pruning_a_float_model_saves_cycles() -> None:
    model = mlp(64, 32, 3)
    whole = layer_cycles(model, OPTIONS)
    values = float_weights(model)["fc1"]
    pruned = layer_cycles(with_weights(model, {"fc1": values * magnitude(values, 0.05)}), OPTIONS)
    assert whole is not None
    assert pruned is not None
    assert pruned["fc1"] < whole["fc1"] / 4
    integers = as_integers(model)
    assert layer_cycles(integers, OPTIONS) == {x.name: x.cycles for x in build_plan(integers, OPTIONS).layers}


def test_shared_weights_stay_shared() -> None:
    model = mlp(64, 32, 3)
    shared = with_weights(model, {"fc1": share(float_weights(model)["fc1"], 3).weights})
    assert np.unique(weighted_layers(as_integers(shared))["fc1"].weights.decode()).size == 8


def test_what_has_no_core_has_no_cycles() -> None:
    model = as_integers(mlp(8, 3))
    layer = model.layers[0]
    assert isinstance(layer, Dense)
    beyond = replace(layer, bias=np.full(3, 1 << 47))  # more than 48 bits with the sum
    assert layer_cycles(replace(model, layers=(beyond,)), OPTIONS) is None
