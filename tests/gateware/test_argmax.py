"""The index of the largest output, as the core delivers it."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen import golden
from hwgen.model import Model, with_argmax
from hwgen.plan import PlanOptions, build_plan
from tests.gateware.simulation import SETTLE, run
from tests.plan.small import act, conv, dense, model, pruned, requant, weights


def classifier(rows: int, *, sparse: bool, flat: bool, signed: bool) -> Model:
    """Scores that are often equal: a coarse requantisation on a narrow map."""
    x = act(11) if flat else act(11, 1, 1)
    shape = (rows,) if flat else (rows, 1, 1)
    output = act(*shape) if signed else act(*shape, signed=False, min=0, max=255)
    coarse = replace(requant(rows), shift=np.full(rows, 25, np.int8))
    stored = (pruned if sparse else weights)(rows, 11, *([] if flat else [1, 1]))
    layer = dense("fc", "input", stored) if flat else conv("fc", "input", x, stored)
    return with_argmax(model(x, replace(layer, output=output, requant=coarse)))


@settings(max_examples=8)
@given(
    rows=st.sampled_from([1, 2, 3, 7, 16, 29, 40]),
    pes=st.sampled_from([1, 2, 3, 4, 9]),
    lanes=st.sampled_from([1, 2, 4]),
    batch=st.sampled_from([1, 1, 2, 3]),
    load=st.booleans(),
    sparse=st.booleans(),
    flat=st.booleans(),
    stalls=st.none() | st.integers(0, 99),
    signed=st.booleans(),
)
def test_the_first_of_the_largest_leaves(
    rows: int,
    pes: int,
    lanes: int,
    batch: int,
    load: bool,
    sparse: bool,
    flat: bool,
    stalls: int | None,
    signed: bool,
) -> None:
    network = classifier(rows, sparse=sparse, flat=flat, signed=signed)
    batch = batch if flat else 1
    options = PlanOptions(pes=pes, lanes=lanes, batch=batch, weights="load" if load else "rom")
    plan = build_plan(network, options)
    assert plan.shape.scores == rows
    assert plan.output_shape == (1,)
    frames = np.random.default_rng(rows).integers(-128, 128, (3 * batch, *network.input.shape)).astype(np.int8)
    result = run(plan, frames, settle=SETTLE, stalls=None if stalls is None else random.Random(stalls))
    expected = golden.infer(network, frames)
    np.testing.assert_array_equal(result.outputs.reshape(-1), np.asarray(expected).reshape(-1))
    if stalls is None:
        last = result.output_beats[batch - 1]
        assert last - result.layer_ends[len(plan.pulses) - 1] == plan.unload_cycles


def test_long_sparse_vectors_are_compared_in_the_models_order() -> None:
    plan = build_plan(classifier(29, sparse=True, flat=True, signed=True), PlanOptions(pes=3, lanes=1))
    assert plan.shape.ordered
    assert plan.image("output_order").depth == 29


def test_the_layer_costs_nothing_of_its_own() -> None:
    plan = build_plan(classifier(5, sparse=False, flat=True, signed=True), PlanOptions(pes=2, lanes=1))
    assert [(layer.name, layer.algorithm, layer.cycles > 0) for layer in plan.layers] == [
        ("fc", "direct", True), ("argmax", "alias", False),
    ]  # fmt: skip
