from __future__ import annotations

from dataclasses import replace

import pytest

from hwgen.bench.mobilenet import mobilenet
from hwgen.plan import PlanOptions, build_plan
from hwgen.plan.images import MemoryImage
from hwgen.plan.memory import Memory
from hwgen.plan.memory_fit import blocks, memories_in_luts
from hwgen.plan.targets import TARGETS

ECP5 = TARGETS["ecp5-85k"]
BANKS = {"pes": 2, "lanes": 8, "bank_words": 1024, "act_bits": 8, "loadable": False}


def image(name: str, width: int, depth: int) -> MemoryImage:
    """All bits differ from word to word."""
    return MemoryImage(name, width, [((1 << width) - 1) * (word & 1) for word in range(depth)])


def test_blocks_of_banks_and_images() -> None:
    """Two banks of two 512 x 64 memories, two blocks each; 1,727 x 64 in eight; 16 words are no block."""
    images = [image("weights_0", 64, 1727), image("requant_mul_0", 20, 16), image("requant_add_0", 40, 17)]
    assert blocks(images, **BANKS, target=ECP5) == 8 + 8 + 2
    assert blocks([], **BANKS | {"lanes": 1}, target=ECP5) == 2


def test_bits_of_a_rom_that_are_alike_in_all_words_take_no_block() -> None:
    wide = MemoryImage("schedule_read", 160, [1 << 159 | word for word in range(40)])
    assert wide.varying_bits == 6
    assert blocks([wide], **BANKS, target=ECP5) == 8 + 1
    assert blocks([wide], **BANKS | {"loadable": True}, target=ECP5) == 8 + 5


def core(depth: int = 100, requantisers: int = 4, steps: int = 40) -> list[MemoryImage]:
    """Memories of three blocks for each requantiser, and of two for each schedule."""
    return [
        image("schedule_read", 50, steps),
        image("schedule_write", 50, steps),
        *(
            image(f"requant_{name}_{index}", width, depth)
            for index in range(requantisers)
            for name, width in (("mul", 20), ("add", 40))
        ),
    ]


@pytest.mark.parametrize(("needed", "expected"), [(8, 0), (9, 0), (10, 1), (12, 1), (13, 2), (21, 4), (99, 4)])
def test_as_few_as_make_the_rest_fit(needed: int, expected: int) -> None:
    target = replace(ECP5, blocks=9)
    found = memories_in_luts(core(), needed, requantisers=4, target=target, loadable=False)
    assert found == tuple(f"requant_{name}_{index}" for index in range(expected) for name in ("mul", "add"))


def test_short_schedules_come_first() -> None:
    target = replace(ECP5, blocks=9)
    both = ("schedule_read", "schedule_write")
    images = core(steps=32)
    assert memories_in_luts(images, 11, requantisers=4, target=target, loadable=False) == both[:1]
    assert memories_in_luts(images, 12, requantisers=4, target=target, loadable=False) == both
    found = memories_in_luts(images, 14, requantisers=4, target=target, loadable=False)
    assert found == (*both, "requant_mul_0", "requant_add_0")
    # What is written is LUT RAM, four times as large.
    found = memories_in_luts(images, 11, requantisers=4, target=target, loadable=True)
    assert found == ("requant_mul_0", "requant_add_0")


def test_not_where_luts_cannot() -> None:
    none = replace(ECP5, blocks=0)
    assert memories_in_luts(core(513), 12, requantisers=4, target=none, loadable=False) == ()
    ice40 = replace(TARGETS["ice40-up5k"], blocks=0)
    assert memories_in_luts(core(), 99, requantisers=4, target=ice40, loadable=True) == ()
    assert len(memories_in_luts(core(), 99, requantisers=4, target=ice40, loadable=False)) == 8


def test_memories_that_are_no_blocks_save_none() -> None:
    target = replace(ECP5, blocks=0)
    assert memories_in_luts(core(16, steps=16), 12, requantisers=4, target=target, loadable=False) == ()


def test_visual_wake_words_fit_so() -> None:
    """Banks, weights and the controllers leave no room for 16 requantisers' memories of three blocks each."""
    plan = build_plan(mobilenet(), PlanOptions(target="ecp5-85k", pes=16, lanes=8, requantisers=16))
    assert plan.shape.in_luts
    others = [image for image in plan.images if image.name not in plan.shape.in_luts]
    banks = {"pes": 16, "lanes": 8, "bank_words": plan.shape.bank_words, "act_bits": 8, "loadable": False}
    assert blocks(plan.images, **banks, target=ECP5) > ECP5.blocks >= blocks(others, **banks, target=ECP5)


def test_the_memories_of_tiles_count() -> None:
    images = [image("requant_mul_0", 20, 100)]
    assert blocks(images, **BANKS, target=ECP5) == 9
    assert blocks(images, **BANKS, others=[Memory(80, 1024, 2), Memory(25, 16, 4)], target=ECP5) == 9 + 10
