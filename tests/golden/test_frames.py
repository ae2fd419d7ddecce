from __future__ import annotations

import numpy as np
import pytest

from hwgen.errors import UsageError
from hwgen.golden.frames import check_frames, check_shape
from hwgen.model import Activation

MAP = Activation(shape=(1, 2, 3), min=-128, max=127)
NIBBLE = Activation(shape=(2,), bits=4, min=-8, max=7)
BIT = Activation(shape=(2,), bits=1, min=-1, max=1)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.uint16])
def test_takes_any_integer_type_in_range(dtype: type) -> None:
    check_frames(np.full((4, 1, 2, 3), 100, dtype), MAP)


@pytest.mark.parametrize(
    ("frames", "activation", "message"),
    [
        (np.zeros((1, 1, 2, 3)), MAP, "integers, not float64.*--float"),
        (np.zeros((1, 1, 2, 3), bool), MAP, "integers, not bool"),
        (np.zeros((1, 2, 3), np.int8), MAP, r"shape \(frames, 1, 2, 3\), not \(1, 2, 3\).*first axis"),
        (np.zeros((5, 6), np.int8), MAP, r"shape \(frames, 1, 2, 3\), not \(5, 6\)"),
        (np.zeros((0, 1, 2, 3), np.int8), MAP, "at least one frame"),
        (np.int8(3), MAP, "shape"),
        (np.full((1, 1, 2, 3), 128, np.int16), MAP, "from 128 to 128.*-128 to 127"),
        (np.array([[0, -9]]), NIBBLE, "from -9 to 0.*-8 to 7"),
        (np.array([[1, 2**63]], np.uint64), NIBBLE, "9223372036854775808"),
        (np.array([[1, 0]]), BIT, "contain 0"),
    ],
)
def test_refuses(frames: np.ndarray, activation: Activation, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_frames(np.asarray(frames), activation)


def test_shape_alone_does_not_look_at_values() -> None:
    check_shape(np.full((1, 2), np.nan), NIBBLE)
    with pytest.raises(UsageError, match="shape"):
        check_shape(np.full((1, 3), np.nan), NIBBLE)
