from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hwgen.golden.dense import dense


@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 17), st.integers(1, 7)),
    zero_point=st.integers(-128, 127),
    seed=st.integers(0, 2**32 - 1),
)
def test_equals_python_integers(shape: tuple[int, int, int], zero_point: int, seed: int) -> None:
    frames, inputs, outputs = shape
    rng = np.random.default_rng(seed)
    x = rng.integers(-128, 128, (frames, inputs)).astype(np.int8)
    w = rng.integers(-128, 128, (outputs, inputs)).astype(np.int16)
    want = [
        [sum((q - zero_point) * v for q, v in zip(frame, row, strict=True)) for row in w.tolist()]
        for frame in x.tolist()
    ]
    assert dense(x, w, zero_point=zero_point).tolist() == want


def test_a_map_is_flattened_c_y_x() -> None:
    x = np.array([[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]], np.int8)
    w = np.eye(8, dtype=np.int16)
    assert dense(x, w, zero_point=0).tolist() == [[1, 2, 3, 4, 5, 6, 7, 8]]
