"""Which memories become LUTs where a device has fewer block RAMs than a core would take.

The requantisers' memories give way: there are two for each, they are short (a word per row of a PE), and a block holds
hundreds of words. Banks and weights stay blocks.
"""

from __future__ import annotations

from collections.abc import Sequence

from hwgen.plan.images import MemoryImage
from hwgen.plan.resources import SMALL_WORDS, Memory, Resources
from hwgen.plan.targets import Target

MOST_WORDS = 512
"""Beyond this depth a memory in LUTs takes more of them than a core has to spare."""
REQUANTISATION = "requant_"


def blocks(
    images: Sequence[MemoryImage],
    *,
    pes: int,
    lanes: int,
    bank_words: int,
    act_bits: int,
    others: Sequence[Memory] = (),
    target: Target,
) -> int:
    """Block RAMs of a core: its images, its banks, and ``others`` without contents."""
    banks = Memory.banks(pes=pes, lanes=lanes, words=bank_words, act_bits=act_bits)
    memories = [Memory(image.width, image.depth, 1) for image in images]
    deep = tuple(memory for memory in (*memories, banks, *others) if memory.depth > SMALL_WORDS)
    return Resources(0, 0, deep).blocks(target)


def can_be_luts(depth: int, *, loadable: bool, target: Target) -> bool:
    """Whether the requantisers' memories of ``depth`` words may give way."""
    # iCE40 has no LUT RAM: what is written would become flip-flops.
    return depth <= MOST_WORDS and not (loadable and target.family == "ice40")


def requantisation_in_luts(
    images: Sequence[MemoryImage],
    *,
    pes: int,
    lanes: int,
    bank_words: int,
    act_bits: int,
    others: Sequence[Memory] = (),
    target: Target,
    loadable: bool,
) -> bool:
    """Whether the requantisers' memories are made of LUTs: only where the blocks do not suffice, and LUTs can do it."""
    depth = max((image.depth for image in images if image.name.startswith(REQUANTISATION)), default=0)
    if not can_be_luts(depth, loadable=loadable, target=target):
        return False
    needed = blocks(
        images, pes=pes, lanes=lanes, bank_words=bank_words, act_bits=act_bits, others=others, target=target
    )
    return needed > target.blocks
