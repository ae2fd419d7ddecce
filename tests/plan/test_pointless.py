from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings

from hwgen import golden
from hwgen.model import CodebookWeights, DenseWeights, Model, SparseWeights
from hwgen.plan import Plan, PlanOptions, build_plan
from hwgen.plan.pointless import WORTH
from tests.gateware.networks import Case, cases
from tests.plan.emulator import Emulator
from tests.plan.planned import buildable
from tests.plan.small import act, conv, dense, model, pruned, weights

ROWS, FEATURES = 64, 128


def stored(density: float, *, coded: bool) -> SparseWeights:
    return pruned(ROWS, FEATURES, density=density, coded=coded)


def plan_of(weights: object, **options: object) -> Plan:
    net = model(act(FEATURES), dense("fc1", "input", weights))  # type: ignore[arg-type]
    return build_plan(net, PlanOptions(**{"pes": 4, "lanes": 1} | options))  # type: ignore[arg-type]


def bits_of(plan: Plan) -> int:
    return plan.memory_bits["weights"] + plan.memory_bits["pointers"]


@pytest.mark.parametrize("coded", [False, True], ids=["plain", "coded"])
@pytest.mark.parametrize("density", [0.96, 1.0])
def test_a_layer_that_is_hardly_pruned(density: float, coded: bool) -> None:
    weights = stored(density, coded=coded)
    plan = plan_of(weights)
    (note,) = plan.notes
    found = re.fullmatch(
        r"fc1: at (\d+) % density sparse weights take (\d\.\d)x the bits of (\w+) "
        r"and (no|only (\d+) %) fewer cycles: store the layer as (\w+)",
        note,
    )
    assert found is not None, note
    assert found[1] == f"{100 * weights.stored().size / (ROWS * FEATURES):.0f}"
    assert found[3] == found[6] == ("codebook" if coded else "dense")
    # What the note advises, built: its bits and cycles are those of the note.
    values = weights.decode()
    other = plan_of(CodebookWeights.from_dense(values, code_bits=4) if coded else DenseWeights.from_dense(values))
    assert other.notes == ()
    assert found[2] == f"{bits_of(plan) / bits_of(other):.1f}"
    saved = 1 - plan.compute_cycles / other.compute_cycles
    assert saved < 1 - WORTH
    assert int(found[5] or 0) == max(0, round(100 * saved))


@pytest.mark.parametrize("coded", [False, True], ids=["plain", "coded"])
@pytest.mark.parametrize("density", [0.05, 0.3, 0.8])
def test_bits_or_cycles_are_enough(density: float, coded: bool) -> None:
    """At 80 % the indices cost bits, but the layer is faster."""
    assert plan_of(stored(density, coded=coded)).notes == ()


def test_without_a_code_for_zero_the_alternative_is_dense() -> None:
    codebook = np.array([-3, -1, 1, 3], np.int8)
    rng = np.random.default_rng(2)
    values = codebook[rng.integers(0, 4, (ROWS, FEATURES))]
    full = SparseWeights.from_dense(values, codebook=codebook)
    assert plan_of(full).notes[0].endswith("store the layer as codebook")
    nearly = SparseWeights.from_dense(np.where(rng.random(values.shape) < 0.97, values, 0), codebook=codebook)
    # Entries of 2 bits and an index take less than weights of 8 bits.
    assert plan_of(nearly).notes == ()


def test_wide_layers_are_compared_as_such() -> None:
    """With 8 lanes a fully connected layer without indices is eight times as fast, but takes more bits."""
    assert plan_of(stored(0.3, coded=False), lanes=8).notes == ()
    (note,) = plan_of(stored(0.85, coded=False), lanes=8).notes
    assert "no fewer cycles" in note


def test_it_is_built_all_the_same(rng: np.random.Generator) -> None:
    net = model(act(20), dense("fc1", "input", pruned(12, 20, density=1)))
    plan = build_plan(net, PlanOptions(pes=3, lanes=1))
    assert plan.notes
    assert plan.layers[0].encoding == "sparse"
    frames = rng.integers(-128, 128, (1, 20)).astype(np.int8)
    np.testing.assert_array_equal(Emulator(plan).run(frames), golden.infer(net, frames))


def depthwise() -> Model:
    x = act(4, 5, 5)
    return model(x, conv("dw", "input", x, pruned(4, 1, 3, 3, density=0.2), groups=4))


def test_a_depthwise_layer_has_nothing_to_skip() -> None:
    plan = build_plan(depthwise(), PlanOptions(pes=2, lanes=2))
    assert plan.notes == ("dw: sparse is computed as dense: a depthwise convolution has nothing to skip",)
    assert plan.layers[0].encoding == "dense"


def test_filters_and_groups_are_noted_once() -> None:
    x = act(4, 3, 3)
    filters = conv("d", "input", x, pruned(12, 1, 2, 2), groups=4)
    groups = conv("g", "d", filters.output, weights(6, 6, 1, 1), groups=2)
    plan = build_plan(model(x, filters, groups), PlanOptions(pes=2, lanes=2))
    assert [note.split(": ")[:2] for note in plan.notes] == [
        ["d", "sparse is computed as dense"], ["g", "a convolution of 2 groups is computed as one of all channels"],
    ]  # fmt: skip


@settings(max_examples=25)
@given(case=cases(columns=2000, sparse=True))
def test_a_note_names_a_sparse_layer_once(case: Case) -> None:
    plan = buildable(case.model, case.options)
    pruned_layers = {
        layer.name for layer in case.model.layers if isinstance(getattr(layer, "weights", None), SparseWeights)
    }
    noted = [note.split(":")[0] for note in plan.notes if "sparse" in note]
    assert set(noted) <= pruned_layers
    assert len(noted) == len(set(noted))
