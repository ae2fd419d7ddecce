"""Long output vectors of balanced rows leave in the model's order."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen import golden
from hwgen.plan import PlanOptions, build_plan
from hwgen.plan.activity import layer_cycles
from tests.gateware.simulation import SETTLE, interface, run
from tests.plan.small import act, dense, model, pruned, requantize


@settings(max_examples=7)
@given(
    pes=st.sampled_from([2, 3, 4, 9]),
    lanes=st.sampled_from([1, 2, 4]),
    extra=st.integers(0, 9),
    batch=st.sampled_from([1, 1, 2, 3]),
    weights=st.sampled_from(["rom", "load"]),
    behind=st.booleans(),
    stalls=st.none() | st.integers(0, 99),
    signed=st.booleans(),
)
def test_vectors_leave_in_order(
    pes: int, lanes: int, extra: int, batch: int, weights: str, behind: bool, stalls: int | None, signed: bool
) -> None:
    rows = 4 * pes + extra
    x = act(11)
    output = act(rows) if signed else act(rows, signed=False, min=0, max=255)
    layers = [dense("fc", "input", pruned(rows, 11), output=output)]
    if behind:
        layers.append(requantize("scaled", "fc", output))
    network = model(x, *layers)
    options = PlanOptions(pes=pes, lanes=lanes, batch=batch, weights="load" if weights == "load" else "rom")
    plan = build_plan(network, options)
    assert plan.shape.ordered
    assert not np.array_equal(plan.orders["fc"], np.arange(rows))
    rng = np.random.default_rng(extra)
    frames = rng.integers(-128, 128, (2 * batch, 11)).astype(np.int8)
    result = run(plan, frames, settle=SETTLE, stalls=None if stalls is None else random.Random(stalls))
    np.testing.assert_array_equal(result.outputs, golden.infer(network, frames))
    if stalls is None:
        maps = {"input": frames[:batch], **golden.run(network, frames[:batch])}
        assert result.cycles(plan) == layer_cycles(plan, network, maps)
        last = result.output_beats[batch * interface(plan, "output").beats_per_frame - 1]
        assert last - result.layer_ends[len(plan.pulses) - 1] == plan.unload_cycles


def test_maps_and_short_vectors_keep_their_order() -> None:
    x = act(11)
    plan = build_plan(model(x, dense("fc", "input", pruned(7, 11))), PlanOptions(pes=2, lanes=1))
    assert not plan.shape.ordered
    assert "fc" not in plan.orders
