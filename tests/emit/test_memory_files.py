"""Memory images."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.emit.memory_files import memory_files, memory_text
from hwgen.errors import HwgenError
from hwgen.plan.images import MemoryImage


@st.composite
def images(draw: st.DrawFn) -> MemoryImage:
    width = draw(st.sampled_from([1, 2, 3, 4, 5, 8, 17, 64, 65, 512]))
    words = draw(st.lists(st.integers(0, 2**width - 1), min_size=1, max_size=40))
    return MemoryImage("image", width, words)


@given(images())
def test_one_word_a_line_of_as_many_digits_as_the_width_needs(image: MemoryImage) -> None:
    text = memory_text(image)
    lines = text.splitlines()
    assert text.endswith("\n")
    assert [int(line, 16) for line in lines] == list(image.words)
    assert {len(line) for line in lines} == {(image.width + 3) // 4}


def test_only_what_a_module_names_is_written() -> None:
    held = [MemoryImage("a", 4, [10]), MemoryImage("b", 4, [11])]
    assert memory_files(held, ['.INIT("mem/b.mem")', "nothing"]) == {"mem/b.mem": "b\n"}


@pytest.mark.parametrize("stem", ["c", "../a", "a/../../b", "", "/etc/x", "a.b"])
def test_unknown_memories_and_paths_are_refused(stem: str) -> None:
    with pytest.raises(HwgenError, match="does not have"):
        memory_files(
            [MemoryImage("a", 4, [10]), MemoryImage(stem if stem != "c" else "a", 4, [1])], [f'"mem/{stem}.mem"']
        )
