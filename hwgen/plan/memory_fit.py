"""Which memories become LUTs where a device has fewer block RAMs than a core would take.

The short ones give way, one after another until the rest fits: the schedules where they are ROMs of few words, whose
bits are LUTs then, and the requantisers' memories, two for each of a word per row of a PE, where a block holds
hundreds. Banks and weights stay blocks.
"""

from __future__ import annotations

from collections.abc import Sequence

from hwgen.plan.images import MemoryImage
from hwgen.plan.memory import Memory
from hwgen.plan.resources import Resources
from hwgen.plan.targets import Target

MOST_WORDS = 512
"""Beyond this depth a memory in LUTs takes more of them than a core has to spare."""
FEW_WORDS = 32
"""A ROM of no more words is two LUTs for a bit."""
SCHEDULES = ("schedule_read", "schedule_write")
REQUANTISATION = ("requant_mul_{}", "requant_add_{}")


def blocks(
    images: Sequence[MemoryImage],
    *,
    pes: int,
    lanes: int,
    bank_words: int,
    act_bits: int,
    others: Sequence[Memory] = (),
    target: Target,
    loadable: bool,
) -> int:
    """Block RAMs of a core: its images, its banks, and ``others`` without contents."""
    banks = Memory.banks(pes=pes, lanes=lanes, words=bank_words, act_bits=act_bits)
    return _blocks((*_memories(images, loadable=loadable), banks, *others), target)


def can_be_luts(depth: int, *, loadable: bool, target: Target) -> bool:
    """Whether the requantisers' memories of ``depth`` words may give way."""
    # iCE40 has no LUT RAM: what is written would become flip-flops.
    return depth <= MOST_WORDS and not (loadable and target.family == "ice40")


def memories_in_luts(
    images: Sequence[MemoryImage], needed: int, *, requantisers: int, target: Target, loadable: bool
) -> tuple[str, ...]:
    """The images that are made of LUTs: as few as bring ``needed`` blocks down to the device's.

    None, where LUTs cannot do it; all that can, where those do not suffice.
    """
    by_name = {image.name: image for image in images}
    short: list[tuple[str, ...]] = [(name,) for name in SCHEDULES if not loadable and by_name[name].depth <= FEW_WORDS]
    for index in range(requantisers):
        names = tuple(name.format(index) for name in REQUANTISATION)
        if can_be_luts(max(by_name[name].depth for name in names), loadable=loadable, target=target):
            short.append(names)
    found: list[str] = []
    over = needed - target.blocks
    for names in short:
        saved = _blocks(_memories([by_name[name] for name in names], loadable=loadable), target)
        if over > 0 and saved:
            found += names
            over -= saved
    return tuple(found)


def _memories(images: Sequence[MemoryImage], *, loadable: bool) -> list[Memory]:
    """A ROM's bits that are alike in all words are no memory's."""
    return [Memory(image.width if loadable else image.varying_bits, image.depth, 1) for image in images]


def _blocks(memories: Sequence[Memory], target: Target) -> int:
    return Resources.of_memories(memories).blocks(target)
