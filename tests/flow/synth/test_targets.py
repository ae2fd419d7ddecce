"""The table of targets."""

from __future__ import annotations

import pytest

from hwgen.emit.vendor import FAMILIES
from hwgen.errors import UsageError
from hwgen.flow.synth.targets import RECIPES, recipe
from hwgen.plan.targets import TARGETS


def test_every_target_of_the_planner_has_a_recipe() -> None:
    assert set(RECIPES) == set(TARGETS)
    for name, row in RECIPES.items():
        assert row.name == name
        assert row.family == TARGETS[name].family
        assert row.family in FAMILIES


def test_cell_kinds_do_not_overlap() -> None:
    for row in RECIPES.values():
        kinds = [row.lut, row.ff, frozenset(row.dsp), row.bram, row.spram, row.lutram]
        assert len(frozenset().union(*kinds)) == sum(map(len, kinds))


def test_passes_name_the_top() -> None:
    assert recipe("gowin-gw1nr9").passes("core", pins=False) == ["synth_gowin -family gw1n -top core -noiopads"]
    assert recipe("gowin-gw1nr9").passes("core", pins=True) == ["synth_gowin -family gw1n -top core"]


def test_an_unknown_target_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="ecp5-85k"):
        recipe("ecp5")
