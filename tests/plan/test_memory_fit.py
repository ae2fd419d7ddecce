from __future__ import annotations

from dataclasses import replace

import pytest

from hwgen.bench.mobilenet import mobilenet
from hwgen.plan import PlanOptions, build_plan
from hwgen.plan.images import MemoryImage
from hwgen.plan.memory_fit import blocks, requantisation_in_luts
from hwgen.plan.resources import Memory
from hwgen.plan.targets import TARGETS

ECP5 = TARGETS["ecp5-85k"]
BANKS = {"pes": 2, "lanes": 8, "bank_words": 1024, "act_bits": 8}


def image(name: str, width: int, depth: int) -> MemoryImage:
    return MemoryImage(name, width, [0] * depth)


def test_blocks_of_banks_and_images() -> None:
    """Two banks of two 512 x 64 memories, two blocks each; 1,727 x 64 in eight; 16 words are no block."""
    images = [image("weights_0", 64, 1727), image("requant_mul_0", 20, 16), image("requant_add_0", 40, 17)]
    assert blocks(images, **BANKS, target=ECP5) == 8 + 8 + 2
    assert blocks([], **BANKS | {"lanes": 1}, target=ECP5) == 2


@pytest.mark.parametrize(("have", "expected"), [(10, False), (9, True)])
def test_only_where_blocks_do_not_suffice(have: int, expected: bool) -> None:
    images = [image("requant_mul_0", 20, 100), image("requant_add_0", 30, 100)]
    found = requantisation_in_luts(images, **BANKS, target=replace(ECP5, blocks=have), loadable=False)
    assert found == expected


def test_not_where_luts_cannot() -> None:
    deep = [image("requant_mul_0", 20, 513)]
    none = {"blocks": 0}
    assert not requantisation_in_luts(deep, **BANKS, target=replace(ECP5, **none), loadable=False)
    short = [image("requant_mul_0", 20, 100)]
    ice40 = replace(TARGETS["ice40-up5k"], **none)
    assert not requantisation_in_luts(short, **BANKS, target=ice40, loadable=True)
    assert requantisation_in_luts(short, **BANKS, target=ice40, loadable=False)


def test_visual_wake_words_fit_so() -> None:
    """Banks, weights and the controllers leave no room for 16 requantisers' memories of three blocks each."""
    plan = build_plan(mobilenet(), PlanOptions(target="ecp5-85k", pes=16, lanes=8, requantisers=16))
    assert plan.shape.requantisation_in_luts
    others = [image for image in plan.images if not image.name.startswith("requant_")]
    banks = {"pes": 16, "lanes": 8, "bank_words": plan.shape.bank_words, "act_bits": 8}
    assert blocks(plan.images, **banks, target=ECP5) > ECP5.blocks >= blocks(others, **banks, target=ECP5)


def test_the_memories_of_tiles_count() -> None:
    images = [image("requant_mul_0", 20, 100)]
    assert blocks(images, **BANKS, target=ECP5) == 9
    assert blocks(images, **BANKS, others=[Memory(80, 1024, 2), Memory(25, 16, 4)], target=ECP5) == 9 + 12
    nine = replace(ECP5, blocks=9)
    assert not requantisation_in_luts(images, **BANKS, target=nine, loadable=False)
    assert requantisation_in_luts(images, **BANKS, others=[Memory(8, 17, 1)], target=nine, loadable=False)
