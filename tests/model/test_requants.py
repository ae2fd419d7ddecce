from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hwgen.errors import ModelError
from hwgen.model import AddRequant
from hwgen.model.requants import check_add_requant, check_requant
from tests.model.networks import requant

TOTAL = AddRequant(left_shift=20, input_multipliers=(1, 2**31 - 1), input_shifts=(0, 62), multiplier=0, shift=62)


def test_good_ones_pass() -> None:
    check_requant(requant(3), 3, real=False)
    check_requant(None, 3, real=True)
    check_add_requant(TOTAL, real=False)
    check_add_requant(None, real=True)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"multiplier": [1, 2, 3]}, "multiplier"),
        ({"multiplier": np.ones(3, np.uint32)}, "multiplier"),
        ({"multiplier": np.ones((3, 1), np.int32)}, "multiplier"),
        ({"shift": np.ones(2, np.int8)}, "shift"),
        ({"shift": np.ones(3, np.uint8)}, "shift"),
        ({"rounding": "nearest"}, "rounding"),
        ({"rounding": None}, "rounding"),
    ],
)
def test_requant(changes: dict[str, Any], key: str) -> None:
    with pytest.raises(ModelError, match=f"key 'requant.{key}'"):
        check_requant(replace(requant(3), **changes), 3, real=False)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"left_shift": 32}, "left_shift"),
        ({"left_shift": -1}, "left_shift"),
        ({"input_multipliers": (1,)}, "input_multipliers"),
        ({"input_multipliers": (1, 2**31)}, "input_multipliers"),
        ({"input_shifts": (-1, 0)}, "input_shifts"),
        ({"multiplier": 2**31}, "multiplier"),
        ({"shift": 63}, "shift"),
        ({"shift": 1.0}, "shift"),
        ({"rounding": "double"}, "rounding"),
    ],
)
def test_add_requant(changes: dict[str, Any], key: str) -> None:
    with pytest.raises(ModelError, match=f"key 'requant.{key}'"):
        check_add_requant(replace(TOTAL, **changes), real=False)


def test_one_kind_is_not_the_other() -> None:
    with pytest.raises(ModelError, match="must be a Requant, not AddRequant"):
        check_requant(TOTAL, 3, real=False)
    with pytest.raises(ModelError, match="must be an AddRequant, not Requant"):
        check_add_requant(requant(3), real=False)


def test_integers_need_one_and_real_numbers_have_none() -> None:
    with pytest.raises(ModelError, match="key 'requant': is missing"):
        check_add_requant(None, real=False)
    with pytest.raises(ModelError, match="key 'requant': must be absent"):
        check_requant(requant(3), 3, real=True)
