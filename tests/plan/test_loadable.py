"""A core with loadable weights serves every model of its shape."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.model import DenseWeights, Model, Requant
from hwgen.plan.build import build_plan
from hwgen.plan.loadable import MAX_SHIFT, MUL_BITS
from hwgen.plan.options import PlanOptions
from tests.plan.small import act, conv, dense, flatten, max_pool, model, pruned_blocks

OPTIONS = PlanOptions(pes=2, lanes=2, weights="load")


def random_network(rng: np.random.Generator, largest: int) -> Model:
    """One shape, weights of any size up to ``largest``."""

    def stored(*shape: int) -> DenseWeights:
        return DenseWeights.from_dense(rng.integers(-largest, largest + 1, shape))

    x = act(1, 6, 6)
    first = conv("conv", "input", x, stored(3, 1, 3, 3), pad=1, bias=rng.integers(-900, 900, 3))
    pool = max_pool("pool", "conv", first.output, 2, 2)
    flat = flatten("flat", "pool", pool.output)
    return model(x, first, pool, flat, dense("fc", "flat", stored(4, 27)))


@pytest.mark.parametrize("largest", [1, 5, 40, 127])
def test_weights_of_any_size_have_one_structure(largest: int, rng: np.random.Generator) -> None:
    plans = [build_plan(random_network(rng, size), OPTIONS) for size in (127, largest, largest)]
    assert len({plan.structure_digest for plan in plans}) == 1
    assert len({plan.digest for plan in plans}) == 3


def test_an_accumulator_holds_what_the_slots_allow() -> None:
    """1:4 over 16 features: 4 products of at most 128 * 128."""
    net = model(act(16), dense("fc", "input", pruned_blocks(3, 16, n=1, m=4)))
    assert build_plan(net, PlanOptions(pes=4, lanes=2, weights="load")).shape.acc_bits == 18


def test_long_outputs_have_one_structure_whatever_their_factors(rng: np.random.Generator) -> None:
    wide = {"bits": 16, "min": -(1 << 15), "max": (1 << 15) - 1}

    def network(digits: int, shift: int, zero_point: int, bias: int) -> Model:
        multiplier = rng.integers(1 << (digits - 1), 1 << digits, 5).astype(np.int32)
        scale = Requant(multiplier=multiplier, shift=np.full(5, shift, np.int8), rounding="half_up")
        output = act(5, zero_point=zero_point, **wide)
        stored = DenseWeights.from_dense(rng.integers(-(1 << 15), 1 << 15, (5, 9)), 16)
        layer = dense("fc", "input", stored, requant=scale, output=output, bias=np.full(5, bias))
        return model(act(9, **wide), layer)

    networks = [network(31, 50, 0, 0), network(3, 20, 77, -(1 << 40)), network(31, 62, -(1 << 15), (1 << 46) - 1)]
    assert len({build_plan(net, OPTIONS).structure_digest for net in networks}) == 1


def test_what_the_core_can_hold(rng: np.random.Generator) -> None:
    plan = build_plan(random_network(rng, 3), OPTIONS)
    # 27 products of at most 128 * 128.
    assert 2 ** (plan.shape.acc_bits - 1) >= 27 * 128 * 128
    assert plan.shape.mul_bits >= MUL_BITS
    assert plan.shape.shifts == tuple(range(MAX_SHIFT + 1))
