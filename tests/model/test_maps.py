from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from hwgen.errors import ModelError
from hwgen.model.activation import value_range
from hwgen.model.maps import check_activation
from tests.model.networks import act, real


@given(bits=st.sampled_from([2, 4, 8, 16]), signed=st.booleans(), data=st.data())
def test_everything_within_the_range_passes_and_nothing_beyond(bits: int, signed: bool, data: st.DataObject) -> None:
    low, high = value_range(bits, signed)
    inside = st.integers(low, high)
    first, second = sorted((data.draw(inside), data.draw(inside)))
    good: dict[str, Any] = {
        "bits": bits,
        "signed": signed,
        "zero_point": data.draw(inside),
        "min": first,
        "max": second,
    }
    check_activation(act(3, **good), "output")
    for key in ("zero_point", "min", "max"):
        for wrong in (low - 1, high + 1):
            with pytest.raises(ModelError, match=f"key 'output.{key}'"):
                check_activation(act(3, **good | {key: wrong}), "output")


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"shape": [3]}, "shape"),
        ({"shape": ()}, "shape"),
        ({"shape": (1, 2, 3, 4)}, "shape"),
        ({"shape": (-1,)}, "shape"),
        ({"shape": (True,)}, "shape"),
        ({"shape": (2**15, 2**14, 1)}, "shape"),
        ({"bits": 9}, "bits"),
        ({"bits": 8.0}, "bits"),
        ({"bits": True}, "bits"),
        ({"signed": None}, "signed"),
        ({"scale": None}, "scale"),
        ({"zero_point": 0.0}, "zero_point"),
        ({"min": None}, "min"),
    ],
)
def test_what_a_script_may_get_wrong(changes: dict[str, Any], key: str) -> None:
    with pytest.raises(ModelError, match=f"key 'input.{key}'"):
        check_activation(act(3, 1, 1, **changes), "input")


def test_something_else_than_an_activation() -> None:
    with pytest.raises(ModelError, match="must be an Activation, not dict"):
        check_activation({"shape": [3]}, "output")


def test_float_maps_are_not_scaled() -> None:
    check_activation(real(3), "output")
    for changes in ({"scale": 2.0}, {"zero_point": 1}, {"signed": False}):
        with pytest.raises(ModelError, match=f"key 'output.{next(iter(changes))}'"):
            check_activation(act(3, **{"bits": 32, "scale": 1.0, "zero_point": 0} | changes), "output")
