"""Which N:M layers a grid computes as such, and what it makes of the others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen import golden
from hwgen.model import Model, NMWeights
from hwgen.plan import PlanOptions, build_plan
from hwgen.plan.lowering import array_ops
from hwgen.plan.nm import MOST_CHOICES, choices, fitted, notes
from hwgen.plan.steps import Grid
from tests.gateware.networks import Case, cases
from tests.plan.emulator import Emulator
from tests.plan.planned import buildable, planned
from tests.plan.small import act, conv, dense, flatten, model, pruned_blocks, steps_of, weights


def network(n: int, m: int, *, channels: int = 16, code_bits: int | None = None) -> Model:
    """A convolution, and a fully connected layer over its output."""
    x = act(channels, 3, 3)
    first = conv("conv", "input", x, pruned_blocks(4, channels, 2, 2, n=n, m=m, code_bits=code_bits))
    return model(x, first, flatten("flat", "conv", first.output), dense("fc", "flat", weights(3, 16)))


@settings(max_examples=40)
@given(case=cases(columns=1500, blocks=True))
def test_the_images_compute_the_model(case: Case) -> None:
    plan = buildable(case.model, case.options)
    frames = case.frames[: case.options.batch]
    expected = golden.infer(case.model, frames)
    np.testing.assert_array_equal(Emulator(plan).run(frames).reshape(expected.shape), expected)


@settings(max_examples=40)
@given(case=cases(columns=1500, blocks=True))
def test_every_block_takes_n_columns_instead_of_m(case: Case) -> None:
    for step in planned(case).steps:
        n, m = step.op.pattern
        assert len(step.taps) % n == 0
        if not step.wide and not step.op.local:
            assert step.columns() * m == step.op.weights[0].size * n
        assert case.options.pes is not None
        assert case.options.pes % m == 0


@pytest.mark.parametrize(("n", "m"), [(1, 2), (1, 4), (2, 4), (3, 4), (1, 8), (1, MOST_CHOICES)])
@pytest.mark.parametrize("pes", [1, 2, 4, 6, 8, 12, 16, 24, 48])
def test_the_block_must_divide_the_pes(n: int, m: int, pes: int) -> None:
    ops = array_ops(network(n, m))
    on_grid = fitted(ops, pes)
    if pes % m == 0:
        assert on_grid[0] is ops[0]
        assert choices(on_grid) == m
        assert notes(ops, pes) == ()
        assert on_grid[0].encoding == "nm"
    else:
        assert on_grid[0].encoding == "dense"
        assert on_grid[0].pattern == (1, 1)
        assert choices(on_grid) == 1
        assert notes(ops, pes) == (f"conv: {n}:{m} is computed as dense: {m} does not divide {pes} PEs",)
    assert on_grid[1] is ops[1]


@pytest.mark.parametrize(("n", "m"), [(2, 3), (1, 6), (4, 32)])
def test_blocks_of_other_sizes_are_dense(n: int, m: int) -> None:
    ops = array_ops(network(n, m, channels=m * 2))
    assert fitted(ops, 96)[0].blocks is None
    assert "blocks of 2, 4, 8 or 16 channels" in notes(ops, 96)[0]


@pytest.mark.parametrize("code_bits", [None, 4])
def test_full_blocks_are_dense_and_lose_nothing(code_bits: int | None) -> None:
    ops = array_ops(network(4, 4, code_bits=code_bits))
    assert notes(ops, 4) == notes(ops, 3) == ()
    assert fitted(ops, 4)[0].encoding == ("codebook" if code_bits else "dense")


def flattened(**options: Any) -> tuple[Model, PlanOptions]:
    x = act(4, 3, 3)
    flat = flatten("flat", "input", x)
    return model(x, flat, dense("fc", "flat", pruned_blocks(3, 36, n=1, m=4, code_bits=4))), PlanOptions(
        lanes=4, **options
    )


@pytest.mark.parametrize("pes", [3, 4])
def test_blocks_of_a_flattened_map_are_dense_and_exact(pes: int, rng: np.random.Generator) -> None:
    net, options = flattened(pes=pes)
    plan = build_plan(net, options)
    assert plan.notes[0].startswith("fc: 1:4 is computed as dense: over a flattened map")
    assert plan.shape.choices == 1
    layer = plan.layers[-1]
    assert layer.encoding == "codebook"
    assert layer.utilisation == layer.macs / (4 * pes * layer.cycles)
    frames = rng.integers(-128, 128, (1, 4, 3, 3)).astype(np.int8)
    np.testing.assert_array_equal(Emulator(plan).run(frames).reshape(1, 3), golden.infer(net, frames))


def test_codes_without_a_zero_are_expanded_to_plain_weights(rng: np.random.Generator) -> None:
    codebook = np.array([-3, -1, 1, 3], np.int8)
    stored = NMWeights(
        bits=8,
        n=1,
        m=4,
        offsets=rng.integers(0, 4, (3, 2, 1)).astype(np.uint8),
        codes=rng.integers(0, 4, (3, 2, 1)).astype(np.uint8),
        codebook=codebook,
        code_bits=2,
    )
    net = model(act(8), dense("fc", "input", stored))
    (op,) = array_ops(net)
    assert fitted([op], 4)[0].encoding == "nm"
    assert fitted([op], 3)[0].encoding == "dense"
    frames = rng.integers(-128, 128, (1, 8)).astype(np.int8)
    for pes in (3, 4):
        outputs = Emulator(build_plan(net, PlanOptions(pes=pes, lanes=2))).run(frames)
        np.testing.assert_array_equal(outputs, golden.infer(net, frames))


@given(features=st.integers(1, 20), pes=st.sampled_from([4, 8, 12]), lanes=st.sampled_from([2, 4, 8]))
def test_wide_layers_take_a_word_of_every_bank_of_a_block_at_once(features: int, pes: int, lanes: int) -> None:
    stored = pruned_blocks(3, 4 * features, n=1, m=4)
    net = model(act(4 * features), dense("fc", "input", stored))
    grid = Grid(pes=pes, lanes=lanes, pes_per_requantiser=1, choices=4)
    plain = steps_of(model(act(4 * features), dense("fc", "input", weights(3, 4 * features))), grid)[0]
    (step,) = steps_of(net, grid)
    assert step.wide == plain.wide
    assert step.columns() * 4 == plain.columns()


def test_the_layers_figures_are_those_of_its_slots() -> None:
    layer = build_plan(network(1, 4), PlanOptions(pes=4, lanes=2)).layers[0]
    assert layer.encoding == "nm"
    assert layer.macs == 4 * 4 * 16 * 4
    assert layer.weights == 4 * 16 * 4
    assert layer.nonzero_weights <= layer.weights // 4
    assert layer.utilisation == layer.macs / 4 / (8 * layer.cycles)


def test_the_weights_take_the_slots_and_their_offsets() -> None:
    """1:4 at 8 bits: 10 bits for every four weights."""
    x = act(16, 3, 3)
    made = {
        kind: build_plan(model(x, conv("c", "input", x, stored)), PlanOptions(pes=4, lanes=2)).memory_bits["weights"]
        for kind, stored in (("dense", weights(8, 16, 3, 3)), ("nm", pruned_blocks(8, 16, 3, 3, n=1, m=4)))
    }
    assert made["dense"] == 8 * 16 * 9 * 8
    assert made["nm"] == 8 * 4 * 9 * 10
