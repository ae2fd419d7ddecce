"""Cores with sparse layers against the golden model, and their cycles against the machine in numbers."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hwgen import golden
from hwgen.model import SparseWeights
from hwgen.plan import Plan, PlanOptions, build_plan, sparse
from hwgen.plan.activity import layer_cycles
from hwgen.plan.weight_stream import weight_beats, weight_stream
from tests.gateware.networks import Case, cases
from tests.gateware.simulation import Run, run
from tests.plan.planned import buildable
from tests.plan.small import act, conv, dense, model, pruned, sparse_net, weights

BUDGET = 6_000
"""Cycles of a frame that are simulated."""


def predicted(case: Case, plan: Plan) -> list[int]:
    """Cycles by layer of the first batch, for its zeros."""
    frames = case.frames[: case.options.batch]
    return layer_cycles(plan, case.model, {"input": frames, **golden.run(case.model, frames)})


def exact(case: Case, result: Run) -> None:
    expected = golden.infer(case.model, case.frames)
    np.testing.assert_array_equal(result.outputs.reshape(expected.shape), expected)


def checked(case: Case, plan: Plan, result: Run) -> None:
    exact(case, result)
    assert result.cycles(plan) == predicted(case, plan)


@settings(max_examples=14)
@given(case=cases(columns=200, sparse=True, most_pes=6))
def test_sparse_layers_are_exact_and_in_time(case: Case) -> None:
    plan = buildable(case.model, case.options)
    checked(case, plan, run(plan, case.frames, settle=100))


@st.composite
def chains(draw: st.DrawFn) -> Case:
    """Fully connected layers of few and of many rows, plain or coded: entries of unlike widths in one memory."""
    sizes = [draw(st.integers(1, 40)), *draw(st.lists(st.sampled_from([1, 2, 5, 33, 90]), min_size=2, max_size=3))]
    layers = [
        dense(
            f"l{index}",
            f"l{index - 1}" if index else "input",
            pruned(rows, columns, density=draw(st.sampled_from([0.1, 0.5])), coded=draw(st.booleans()), seed=index),
        )
        for index, (columns, rows) in enumerate(pairwise(sizes))
    ]
    rng = np.random.default_rng(draw(st.integers(0, 1 << 20)))
    return Case(
        model=model(act(sizes[0]), *layers),
        options=PlanOptions(pes=draw(st.integers(1, 4)), lanes=draw(st.sampled_from([1, 2]))),
        frames=rng.integers(-128, 128, (3, sizes[0])).astype(np.int8),
        stalls=None,
    )


@settings(max_examples=8)
@given(case=chains())
def test_layers_whose_entries_are_unlike(case: Case) -> None:
    """Words of eight entries and more, which layers as small as these have only if no memory counts as shallow."""
    with patch.object(sparse, "SHALLOW", 1):
        plan = build_plan(case.model, case.options)
    checked(case, plan, run(plan, case.frames, settle=100))


@settings(max_examples=8)
@given(case=cases(columns=40, sparse=True, tiles=True, most_pes=5))
def test_tiles_beside_sparse_layers(case: Case) -> None:
    """Weights in the Winograd domain sparse or not, kernels in tiles, and layers of other kinds in one core."""
    plan = buildable(case.model, case.options)
    assume(plan.compute_cycles <= BUDGET)
    checked(case, plan, run(plan, case.frames, settle=100))


@settings(max_examples=8)
@given(
    case=cases(columns=120, sparse=True, stalls=True, most_pes=5)
    | cases(columns=20, sparse=True, tiles=True, stalls=True, most_pes=4)
)
def test_stalls_change_nothing_but_time(case: Case) -> None:
    plan = buildable(case.model, case.options)
    assume(plan.compute_cycles <= BUDGET)
    exact(case, run(plan, case.frames, stalls=random.Random(case.stalls), settle=100))


@settings(max_examples=6)
@given(case=cases(columns=100, bits=(2, 8, 16), weight_bits=16, sparse=True, most_pes=4))
def test_wide_operands(case: Case) -> None:
    plan = buildable(case.model, case.options)
    checked(case, plan, run(plan, case.frames, settle=100))


@settings(max_examples=5)
@given(
    case=cases(columns=60, sparse=True, most_pes=4) | cases(columns=20, sparse=True, tiles=True, most_pes=3),
    part=st.floats(0, 2),
)
def test_a_reset_in_the_middle_leaves_nothing_behind(case: Case, part: float) -> None:
    """Queues, half-filled accumulators, groups that wait: anywhere from the weights' stream to the second frame."""
    plan = buildable(case.model, case.options)
    assume(plan.compute_cycles <= BUDGET)
    length = plan.load_cycles + plan.compute_cycles + plan.unload_cycles
    if plan.shape.loadable:
        length += weight_beats(plan)
    checked(case, plan, run(plan, case.frames, settle=100, interrupted=1 + int(part * length)))


def test_a_loadable_core_takes_other_masks(rng: np.random.Generator) -> None:
    """A model of the same densities whose non-zeros stand elsewhere is only another weight stream."""
    nets = [sparse_net(coded=True, seed=seed) for seed in (1, 2)]
    core, other = (build_plan(net, PlanOptions(pes=3, lanes=2, weights="load")) for net in nets)
    assert core.signature == other.signature
    assert core.digest != other.digest
    frames = rng.integers(-128, 128, (2, 3, 6, 6)).astype(np.int8)
    streams = [weight_stream(plan).tolist() for plan in (core, other)]
    # What ran before does not matter.
    result = run(core, frames, weights=[beat for stream in streams for beat in stream], settle=100)
    np.testing.assert_array_equal(result.outputs, golden.infer(nets[1], frames))
    maps = {"input": frames[:1], **golden.run(nets[1], frames[:1])}
    assert result.cycles(other) == layer_cycles(other, nets[1], maps)


@pytest.mark.parametrize("size", [2, 4])
def test_loadable_tiles_have_room_for_every_weight(size: int, rng: np.random.Generator) -> None:
    """The hardware's G is scaled further than the format's: -128 at a corner of F(4x4,3x3) takes 14 bits."""
    layer = conv("conv", "input", act(3, 6, 6), weights(4, 3, 3, 3), pad=1)
    values = rng.choice([-128, 127, 0], (4, 3, size + 2, size + 2))
    layer = replace(layer, weights=SparseWeights.from_dense(values), domain=f"winograd{size}")
    net = model(act(3, 6, 6), layer)
    frames = rng.integers(-128, 128, (2, 3, 6, 6)).astype(np.int8)
    plan = build_plan(net, PlanOptions(pes=3, lanes=2, weights="load"))
    result = run(plan, frames, settle=100)
    np.testing.assert_array_equal(result.outputs, golden.infer(net, frames))
