"""Cores with sparse layers against the golden model, and their cycles against the machine in numbers."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given, settings

from hwgen import golden
from hwgen.plan import Plan
from hwgen.plan.activity import layer_cycles
from tests.gateware.networks import Case, cases
from tests.gateware.simulation import Run, run
from tests.plan.planned import buildable_sparse


def predicted(case: Case, plan: Plan) -> list[int]:
    """Cycles by layer of the first batch, for its zeros."""
    frames = case.frames[: case.options.batch]
    return layer_cycles(plan, case.model, {"input": frames, **golden.run(case.model, frames)})


def checked(case: Case, plan: Plan, result: Run) -> None:
    np.testing.assert_array_equal(result.outputs, golden.infer(case.model, case.frames))
    assert result.cycles(plan) == predicted(case, plan)


@settings(max_examples=25)
@given(case=cases(columns=200, sparse=True, most_pes=6))
def test_sparse_layers_are_exact_and_in_time(case: Case) -> None:
    plan = buildable_sparse(case)
    checked(case, plan, run(plan, case.frames, settle=100))


@settings(max_examples=8)
@given(case=cases(columns=120, sparse=True, stalls=True, most_pes=5))
def test_stalls_change_nothing_but_time(case: Case) -> None:
    plan = buildable_sparse(case)
    result = run(plan, case.frames, stalls=random.Random(case.stalls), settle=100)
    np.testing.assert_array_equal(result.outputs, golden.infer(case.model, case.frames))


@settings(max_examples=6)
@given(case=cases(columns=100, bits=(2, 8, 16), weight_bits=16, sparse=True, most_pes=4))
def test_wide_operands(case: Case) -> None:
    plan = buildable_sparse(case)
    checked(case, plan, run(plan, case.frames, settle=100))
