from __future__ import annotations

from hypothesis import given

from hwgen.model import Conv2d, Dense, Flatten
from hwgen.plan import PlanOptions, build_plan
from tests.gateware.networks import Case, cases
from tests.plan.planned import buildable, renamed
from tests.plan.small import act, conv, dense, flatten, max_pool, model, pruned_blocks, weights


@given(case=cases(columns=500))
def test_every_cycle_and_pulse_belongs_to_a_layer(case: Case) -> None:
    plan = buildable(case.model, case.options)
    assert sum(layer.cycles for layer in plan.layers) == plan.compute_cycles
    assert [layer.name for layer in plan.layers] == [layer.name for layer in case.model.layers]
    assert set(plan.pulses) == {index for index, layer in enumerate(plan.layers) if layer.cycles}
    for layer, cost in zip(case.model.layers, plan.layers, strict=True):
        assert 0 <= cost.nonzero_macs <= cost.macs
        if not isinstance(layer, Conv2d | Dense):
            assert (cost.macs, cost.weights) == (0, 0)
        if isinstance(layer, Flatten):
            free = layer.name in renamed(case.model)
            assert (cost.cycles == 0, cost.algorithm) == (free, "alias" if free else "direct")


def test_macs_are_those_of_the_layer_however_it_is_computed() -> None:
    """Outputs x channels of a group x taps: also of filters, groups and N:M, whose zeros count for nothing else."""
    x = act(4, 6, 6)
    filters = conv("d", "input", x, weights(8, 1, 3, 3), groups=4)
    groups = conv("g", "d", filters.output, weights(6, 4, 1, 1), groups=2)
    pool = max_pool("p", "g", groups.output, 2, 2)
    flat = flatten("flat", "p", pool.output)
    fc = dense("fc", "flat", pruned_blocks(5, 24, n=1, m=4))
    plan = build_plan(model(x, filters, groups, pool, flat, fc), PlanOptions(pes=4, lanes=2))
    costs = {layer.name: layer for layer in plan.layers}
    assert [costs[name].macs for name in ("d", "g", "p", "fc")] == [16 * 8 * 9, 16 * 6 * 4, 0, 5 * 24]
    assert [costs[name].weights for name in ("d", "g", "fc")] == [72, 24, 120]
    assert costs["fc"].nonzero_weights <= 30
