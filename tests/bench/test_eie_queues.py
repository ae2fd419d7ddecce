"""Loads of PEs without a core, against figures that can be counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hwgen.bench.eie import CONFIGURATIONS
from hwgen.bench.eie_layers import EieLayer
from hwgen.bench.eie_queues import dealt
from hwgen.plan import build_plan
from hwgen.plan.activity import layer_cycles
from hwgen.plan.lowering import array_ops


@settings(max_examples=15)
@given(
    inputs=st.integers(1, 80),
    pes=st.sampled_from([1, 2, 5, 8]),
    rows=st.integers(5, 11),
    density=st.sampled_from([0.05, 0.3, 1.0]),
    name=st.sampled_from(["plain", "best"]),
)
def test_the_balance_is_that_of_the_plan(inputs: int, pes: int, rows: int, density: float, name: str) -> None:
    """A layer that is not cut, its rows balanced: entries / (PEs x the cycles that a core's plan predicts)."""
    layer = EieLayer("Little", inputs, rows * pes - pes // 3, density, 0.5, 1.0, 1.0)
    model, frame = layer.model(0), layer.frame(0)
    (op,) = array_ops(model)
    options = CONFIGURATIONS[name]
    found = dealt(op, frame, pes=pes, options=options)
    assert found.entries >= found.real
    assume(found.entries)
    (cycles,) = layer_cycles(build_plan(model, replace(options, pes=pes, requantisers=pes)), model, {"input": frame})
    assert options.queue is not None
    assert found.load_balance(options.queue) == pytest.approx(found.entries / (pes * cycles))


def test_fillers_are_no_real_work() -> None:
    """Rows 40 apart on one PE: a gap of 39 zeros takes two fillers of 16 rows each."""
    layer = EieLayer("Little", 1, 200, 1.0, 1.0, 1.0, 1.0)
    (op,) = array_ops(layer.model(0))
    assert op.entries is not None
    entries = type(op.entries)(rows=np.arange(39, 200, 40), channels=np.zeros(5, int), taps=np.zeros(5, int))
    sparse = type(op)(**{**vars(op), "entries": entries, "weights": op.weights[:5], "codes": op.codes[:5]})
    frame = np.ones((1, 1), np.int64)
    plain = dealt(sparse, frame, pes=1, options=CONFIGURATIONS["plain"])
    assert (plain.real, plain.entries) == (5, 15)
    assert plain.real_share == pytest.approx(1 / 3)
    assert dealt(sparse, frame, pes=1, options=CONFIGURATIONS["best"]).real_share == 1


def test_longer_queues_balance_better() -> None:
    layer = EieLayer("Little", 400, 64, 0.2, 1.0, 1.0, 1.0)
    (op,) = array_ops(layer.model(0))
    found = dealt(op, layer.frame(0), pes=16, options=CONFIGURATIONS["plain"])
    shares = [found.load_balance(queue) for queue in (1, 8, 64)]
    assert shares == sorted(shares)
    assert shares[-1] > shares[0] + 0.05
