"""What memories hold: words that fit, one depth for memories that are addressed alike. What they mean: test_build."""

from __future__ import annotations

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


def test_memories_that_are_loaded_have_room_for_another_model() -> None:
    rom = contents(decide(lenet(), PlanOptions(pes=2, lanes=2, weights="rom"))).images
    load = contents(decide(lenet(), PlanOptions(pes=2, lanes=2, weights="load"))).images
    assert [image.name for image in load] == [image.name for image in rom]
    for own, other in zip(rom, load, strict=True):
        assert other.depth == load_depth(own.depth), own.name
        assert other.width >= own.width, own.name
        if own.name.startswith(("weights_", "taps")):  # other memories' words have wider fields
            assert list(other.words) == [*own.words] + [0] * (other.depth - own.depth), own.name
    assert any(load_depth(image.depth) > image.depth for image in rom)
