from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from hwgen.errors import ModelError
from hwgen.model.names import RESERVED, check_name


@pytest.mark.parametrize("name", ["a", "_", "conv1", "Conv_2D", "n" * 64, "x0"])
def test_identifiers(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "1a",
        "a b",
        "a$",
        "a.b",
        "a-b",
        "ä",
        "a\n",
        "\\a",
        "a/b",
        "..",
        "n" * 65,
        "input",
        "wire",
        "logic",
        "a\0",
        "²",
    ],
)
def test_what_is_none(name: str) -> None:
    with pytest.raises(ModelError, match="key 'name'"):
        check_name(name)


@pytest.mark.parametrize("name", [None, 3, b"a", ["a"]])
def test_what_is_no_string(name: object) -> None:
    with pytest.raises(ModelError, match="must be a string"):
        check_name(name)


@given(st.text(max_size=8))
def test_only_letters_digits_and_underscores_pass(name: str) -> None:
    plain = name.isascii() and name.replace("_", "a").isalnum() and not name[0].isdigit() and name not in RESERVED
    try:
        check_name(name)
    except ModelError:
        assert not plain
    else:
        assert plain


def test_the_words_of_both_standards_are_complete() -> None:
    """IEEE 1364-2005 has 124 words, IEEE 1800-2017 has 248 in all."""
    assert len(RESERVED) == 248
