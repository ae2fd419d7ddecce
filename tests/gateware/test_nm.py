"""Networks with N:M layers through the whole core: equal to golden, in the plan's cycles."""

from __future__ import annotations

import random

import numpy as np
import pytest
from amaranth.back import rtlil
from hypothesis import given, settings

from hwgen import golden
from hwgen.gateware import Core, VerilogCells
from hwgen.model import Activation, Model, NMWeights
from hwgen.plan import Plan, PlanOptions, build_plan
from hwgen.plan.weight_stream import weight_stream
from tests.gateware.networks import Case, cases
from tests.gateware.simulation import SETTLE, run
from tests.gateware.test_core import BUDGET, case_of, check_cycles, check_outputs
from tests.plan.planned import buildable
from tests.plan.small import act, conv, dense, max_pool, model, pruned_blocks, shared, weights


@settings(max_examples=8)
@given(case=cases(columns=200, blocks=True))
def test_networks_are_exact_and_take_the_plans_cycles(case: Case) -> None:
    """Kernels, strides, paddings, wide and scalar, plain and codes, beside other encodings, pools and batches."""
    plan = buildable(case.model, case.options)
    if plan.compute_cycles > BUDGET:
        return
    result = run(plan, case.frames, settle=SETTLE)
    check_outputs(case, result, case.frames)
    check_cycles(plan, result)


@settings(max_examples=5)
@given(case=cases(columns=100, bits=(2, 8, 16), weight_bits=16, blocks=True, stalls=True))
def test_sixteen_bits_and_stalls(case: Case) -> None:
    plan = buildable(case.model, case.options)
    frames = case.frames[: 2 * case.options.batch]
    if plan.compute_cycles > BUDGET:
        return
    check_outputs(case, run(plan, frames, stalls=random.Random(case.stalls)), frames)


def everything(first: NMWeights, second: NMWeights, *, x: Activation) -> Model:
    """N:M, plain, depthwise and shared convolutions, a pool, and a fully connected N:M layer over a vector."""
    a = conv("a", "input", x, first, pad=1)
    b = conv("b", "a", a.output, weights(8, 8, 3, 2), stride=(2, 1))
    c = conv("c", "b", b.output, weights(8, 1, 1, 1), groups=8)
    pool = max_pool("p", "c", c.output, 2, 1)
    d = conv("d", "p", pool.output, shared(8, 8, 1, 1))
    fc = dense("fc", "d", weights(32, d.output.size))
    return model(x, a, b, c, pool, d, fc, dense("fc2", "fc", second))


@pytest.mark.parametrize(
    ("n", "m", "code_bits", "pes", "lanes", "load"),
    [
        (1, 4, None, 8, 4, "load"),
        (2, 4, 4, 16, 2, "rom"),
        (1, 2, 4, 4, 1, "rom"),
        (5, 8, None, 8, 2, "rom"),
    ],
)
def test_all_encodings_and_modes_in_one_core(
    n: int, m: int, code_bits: int | None, pes: int, lanes: int, load: str
) -> None:
    first, second = (
        pruned_blocks(8, 8, 3, 3, n=n, m=m, code_bits=code_bits),
        pruned_blocks(3, 32, n=1, m=2, code_bits=code_bits),
    )
    case = case_of(everything(first, second, x=act(8, 5, 4)), pes=pes, lanes=lanes, weights=load)
    plan = build_plan(case.model, case.options)
    assert plan.shape.choices == m
    assert plan.notes == ()
    result = run(plan, case.frames, settle=SETTLE)
    check_outputs(case, result, case.frames)
    check_cycles(plan, result)


def fully_connected(features: int, n: int, m: int, **options: object) -> tuple[Case, Plan]:
    x = act(features)
    case = case_of(model(x, dense("fc", "input", pruned_blocks(5, features, n=n, m=m))), **options)
    return case, build_plan(case.model, case.options)


@pytest.mark.parametrize(
    ("n", "m", "features", "pes", "lanes"),
    [(1, 2, 60, 4, 8), (1, 4, 24, 4, 2), (1, 4, 64, 8, 4), (3, 4, 60, 12, 4), (2, 4, 8, 4, 8), (1, 16, 64, 16, 2)],
)
def test_every_lane_of_a_wide_layer_has_its_own_offset(features: int, n: int, m: int, pes: int, lanes: int) -> None:
    case, plan = fully_connected(features, n, m, pes=pes, lanes=lanes)
    assert plan.shape.has_wide == (features > pes)
    result = run(plan, case.frames, settle=SETTLE)
    check_outputs(case, result, case.frames)
    check_cycles(plan, result)


@pytest.mark.parametrize("batch", [2, 5])
def test_the_frames_of_a_batch_share_offsets(batch: int) -> None:
    case, plan = fully_connected(24, 1, 4, pes=4, lanes=4, batch=batch)
    assert not plan.shape.has_wide
    result = run(plan, case.frames, settle=SETTLE)
    check_outputs(case, result, case.frames)
    assert result.cycles(plan) == [layer.cycles for layer in plan.layers]


def test_a_loadable_core_takes_other_offsets() -> None:
    """A model whose non-zeros stand elsewhere is only another weight stream."""
    nets = [model(act(16), dense("fc", "input", pruned_blocks(6, 16, n=2, m=4, seed=seed))) for seed in (1, 2)]
    options = PlanOptions(pes=4, lanes=2, weights="load")
    core, other = (build_plan(net, options) for net in nets)
    assert core.signature == other.signature
    frames = np.random.default_rng(3).integers(-128, 128, (2, 16)).astype(np.int8)
    result = run(core, frames, weights=weight_stream(other).tolist())
    np.testing.assert_array_equal(result.outputs, golden.infer(nets[1], frames))


@pytest.mark.parametrize("kind", ["nm", "dense"])
def test_only_cores_with_such_layers_pick(kind: str) -> None:
    x = act(4, 3, 3)
    stored = pruned_blocks(4, 4, 2, 2, n=1, m=4) if kind == "nm" else weights(4, 4, 2, 2)
    text = rtlil.convert(
        Core(plan=build_plan(model(x, conv("a", "input", x, stored)), PlanOptions(pes=4, lanes=2))),
        platform=VerilogCells(),
    )
    assert ("pick_3" in text) == ("bank_low" in text) == (kind == "nm")
