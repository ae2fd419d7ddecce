from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from hwgen.errors import ModelError
from hwgen.model.values import SHOWN, check_int, check_positive, describe, is_int


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3)])
def test_integers(value: Any) -> None:
    assert is_int(value)
    assert check_int(value, "n", 3, 3) == 3
    assert type(check_int(value, "n", 0, 9)) is int


@pytest.mark.parametrize("value", [True, np.True_, 3.0, "3", None, [3], np.array([3])])
def test_what_is_no_integer(value: Any) -> None:
    assert not is_int(value)
    with pytest.raises(ModelError, match="key 'n': must be an integer"):
        check_int(value, "n", 0, 9)


@pytest.mark.parametrize("value", [-1, 10, 10**30])
def test_integers_out_of_range(value: int) -> None:
    with pytest.raises(ModelError, match=r"must lie in 0\.\.9"):
        check_int(value, "n", 0, 9)


@pytest.mark.parametrize("value", [0, -1, 0.0, math.nan, math.inf, np.float32(np.inf), True, "1", None])
def test_what_is_no_scale(value: Any) -> None:
    with pytest.raises(ModelError, match="key 'scale'"):
        check_positive(value, "scale")


@pytest.mark.parametrize("value", [1, 5e-324, np.float32(0.1), np.int8(2)])
def test_scales(value: Any) -> None:
    check_positive(value, "scale")


def test_descriptions_are_short_and_printable() -> None:
    assert describe("\ud800\x1b[2J\n") == "'\\ud800\\x1b[2J\\n'"
    assert len(describe("x" * 10**6)) == SHOWN + 3
    assert describe({"a": 1}) == "dict"
    assert describe(np.zeros(3)) == "ndarray"
