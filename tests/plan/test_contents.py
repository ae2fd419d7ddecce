"""What memories hold: words that fit, one depth for memories that are addressed alike. What they mean: test_build."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from hwgen.plan import PlanOptions
from hwgen.plan.contents import contents
from hwgen.plan.decisions import decide
from hwgen.plan.loadable import load_depth
from tests.gateware.networks import Case, cases
from tests.plan.planned import drawn
from tests.plan.small import lenet


@settings(max_examples=30)
@given(case=cases(columns=1000, sparse=True, tiles=True))
def test_every_word_fits(case: Case) -> None:
    with drawn():
        images = contents(decide(case.model, case.options)).images
    assert len({image.name for image in images}) == len(images)
    for image in images:
        assert image.width >= 1, image.name
        assert image.depth >= 1, image.name
        assert all(0 <= word < 1 << image.width for word in image.words), image.name


@settings(max_examples=30)
@given(case=cases(columns=400, sparse=True, tiles=True))
def test_memories_that_share_an_address_have_one_depth(case: Case) -> None:
    with drawn():
        packed = contents(decide(case.model, case.options))
    for prefix in ("weights_", "requant_mul_", "requant_add_", "schedule_", "pointers_"):
        depths = {image.depth for image in packed.images if image.name.startswith(prefix)}
        assert len(depths) == (0 if prefix == "pointers_" and packed.sparse is None else 1), prefix


@pytest.mark.parametrize("weights", ["rom", "load"])
def test_memories_that_are_loaded_have_room_for_another_model(weights: str) -> None:
    rom, load = (
        contents(decide(lenet(), PlanOptions(pes=2, lanes=2, weights=kind))).images  # type: ignore[arg-type]
        for kind in ("rom", weights)
    )
    for own, other in zip(rom, load, strict=True):
        assert own.name == other.name
        assert other.depth == (own.depth if weights == "rom" else load_depth(own.depth)), own.name
