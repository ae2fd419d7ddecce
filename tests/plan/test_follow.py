"""Steps that start while the step before still writes."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.plan import PlanOptions, build_plan, latency
from hwgen.plan.follow import MOST_LEAD
from tests.plan.small import act, conv, dense, flatten, model, pruned, weights


@settings(max_examples=40)
@given(
    widths=st.lists(st.integers(1, 60), min_size=2, max_size=4),
    pes=st.integers(1, 5),
    lanes=st.sampled_from([1, 2, 4]),
    divisor=st.integers(1, 5),
    batch=st.sampled_from([1, 3]),
)
def test_reading_never_overtakes_writing(widths: list[int], pes: int, lanes: int, divisor: int, batch: int) -> None:
    """Every slot of the source is in its bank before the earliest cycle in which the next step reads it."""
    names = ["input", *(f"fc{index}" for index in range(len(widths) - 1))]
    layers = [
        dense(name, source, pruned(rows, columns)) for (source, name), (columns, rows) in zip(
            pairwise(names), pairwise(widths), strict=True
        )
    ]  # fmt: skip
    requantisers = pes // divisor if pes % divisor == 0 else pes
    while pes % max(1, requantisers):
        requantisers -= 1
    options = PlanOptions(pes=pes, lanes=lanes, requantisers=max(1, requantisers), batch=batch)
    plan = build_plan(model(act(widths[0]), *layers), options)
    period = plan.shape.drain_cycles
    for before, step in pairwise(plan.steps):
        if before.follow is None:
            assert step.lead == 0
            continue
        assert 0 < step.lead <= MOST_LEAD
        # From the start of the step: the last value is written ``lead`` cycles later.
        for slot in range(before.passes):
            written = step.lead - (before.passes - 1 - slot) * period
            read = latency.ISSUE + 1 + slot * len(step.taps)
            assert read >= written + 2
        drained = before.passes - before.follow
        assert step.lead == latency.requantise(plan.shape.correction_bits) + drained * period - 1


def test_maps_dense_steps_and_new_frames_wait() -> None:
    x = act(3, 4, 4)
    first = conv("conv", "input", x, pruned(8, 3, 3, 3), pad=1)
    flat = flatten("flat", "conv", first.output)
    net = model(x, first, flat, dense("fc1", "flat", pruned(40, 128)), dense("fc2", "fc1", weights(40, 40)))
    plan = build_plan(net, PlanOptions(pes=2, lanes=1))
    assert [step.lead for step in plan.steps] == [0, 0, 0]
