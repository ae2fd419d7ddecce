from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hwgen.plan.memory import Memory
from hwgen.plan.targets import TARGETS, Target

targets = st.sampled_from(list(TARGETS.values()))


@given(target=targets, width=st.integers(1, 200), depth=st.integers(1, 5000))
def test_blocks_hold_the_memory(target: Target, width: int, depth: int) -> None:
    """Never fewer than the bits ask for, and never as many as twice the words that a block holds at its widest."""
    blocks = Memory(width, depth, 1).blocks(target)
    assert blocks * target.block_bits >= width * depth
    words = target.block_bits // target.block_width
    assert blocks <= -(-width // target.block_width) * -(-depth // words)


@given(target=targets, width=st.integers(1, 100), depth=st.integers(1, 3000))
def test_a_deeper_or_wider_memory_needs_no_fewer_blocks(target: Target, width: int, depth: int) -> None:
    def blocks(w: int, d: int) -> int:
        return Memory(w, d, 1).blocks(target)

    assert blocks(width, depth) <= blocks(width, depth + 100)
    assert blocks(width, depth) <= blocks(width + target.block_width, depth)


@given(target=targets, width=st.integers(1, 200), depth=st.integers(1, 3000))
def test_side_by_side_no_word_is_chosen_among_blocks(target: Target, width: int, depth: int) -> None:
    """Each is one block then; nothing changes where the fewest blocks are so already."""
    memory = Memory(width, depth, 3)
    found = memory.side_by_side(target)
    assert found.depth == depth
    assert found.width * found.count // 3 >= width
    if found != memory:
        assert found.blocks(target) == 1
        assert found.count > 3 * memory.blocks(target)


def test_sums_of_large_tiles_lie_side_by_side() -> None:
    target = TARGETS["ecp5-85k"]
    assert Memory(29, 1152, 1).side_by_side(target) == Memory(8, 1152, 4)
    assert Memory(29, 576, 1).side_by_side(target) == Memory(29, 576, 1)


def test_banks_are_halves() -> None:
    assert Memory.banks(pes=4, lanes=2, words=5, act_bits=8) == Memory(16, 3, 8)
    assert Memory.banks(pes=4, lanes=1, words=5, act_bits=8) == Memory(8, 5, 4)
