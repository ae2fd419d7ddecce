"""Verilog identifiers."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.emit.identifiers import identifier, snake_case
from hwgen.model.names import RESERVED


@given(st.text(), st.sets(st.text(alphabet="ab_12$", min_size=1, max_size=4)))
def test_any_text_becomes_a_free_identifier(text: str, taken: set[str]) -> None:
    name = identifier(text, taken)
    assert re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII)
    assert name not in taken
    assert name not in RESERVED


@given(st.lists(st.sampled_from(["a", "a_", "a$1", "$a", "1a", "reg", "reg_", ""]), max_size=12))
def test_many_names_stay_apart(texts: list[str]) -> None:
    taken: set[str] = set()
    for text in texts:
        taken.add(identifier(text, taken))
    assert len(taken) == len(texts)


@pytest.mark.parametrize(
    ("text", "name"),
    [("tdata$5", "tdata_5"), ("local", "local_"), ("7up", "n7up"), ("acc", "acc"), ("$", "signal")],
)
def test_names_stay_readable(text: str, name: str) -> None:
    assert identifier(text) == name


@pytest.mark.parametrize(
    ("name", "snake"), [("PEArray", "pe_array"), ("StreamIn", "stream_in"), ("PE", "pe"), ("Mul2D", "mul2_d")]
)
def test_snake_case(name: str, snake: str) -> None:
    assert snake_case(name) == snake
