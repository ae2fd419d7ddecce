from __future__ import annotations

from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given

from hwgen.errors import ModelError
from hwgen.model import load
from hwgen.model.sparse_shape import infer_sparse_shape
from hwgen.model.windows import window_count
from tests.model.networks import NETWORKS, act
from tests.model.raw import parts_of, write_parts


@pytest.mark.parametrize("name", ["sparse", "sparse, codes", "sparse, fully connected", "sparse, all zero", "grouped"])
def test_files_without_the_shape_load(name: str, tmp_path: Path) -> None:
    model = NETWORKS[name]()
    description, members = parts_of(model, tmp_path / "good.npz")
    shape = description["layers"][0]["weights"].pop("shape")
    write_parts(tmp_path / "bare.npz", description, members)
    stored = load(tmp_path / "bare.npz").layers[0].weights
    assert stored.shape == tuple(shape)
    np.testing.assert_array_equal(stored.decode(), model.layers[0].weights.decode())


@given(
    size=st.tuples(st.integers(5, 20), st.integers(5, 20)), kernel=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    stride=st.tuples(st.integers(1, 2), st.integers(1, 2)), channels=st.integers(1, 4), groups=st.integers(1, 2),
)  # fmt: skip
def test_a_kernel_is_inferred_or_asked_for(size: Any, kernel: Any, stride: Any, channels: int, groups: int) -> None:
    out = [window_count(size[axis], kernel[axis], stride[axis]) for axis in (0, 1)]
    assume(min(out) > 0)
    layer = {"input": act(channels * groups, *size), "output": act(6, *out), "stride": stride, "groups": groups}
    taps = kernel[0] * kernel[1]
    fits = [
        (kh, taps // kh)
        for kh in range(1, taps + 1)
        if taps % kh == 0
        and window_count(size[0], kh, stride[0]) == out[0]
        and window_count(size[1], taps // kh, stride[1]) == out[1]
    ]
    assert kernel in fits
    if len(fits) == 1:
        assert infer_sparse_shape(channels * taps, layer) == (6, channels, *kernel)
    else:
        with pytest.raises(ModelError, match="cannot be inferred"):
            infer_sparse_shape(channels * taps, layer)


def test_a_stride_of_one_always_suffices() -> None:
    layer = {"input": act(3, 9, 9), "output": act(4, 7, 5), "padding": (1, 0, 0, 0)}
    assert infer_sparse_shape(3 * 4 * 5, layer) == (4, 3, 4, 5)


def test_the_tile_of_a_domain() -> None:
    layer = {"input": act(3, 9, 9), "output": act(4, 7, 7), "domain": "winograd4"}
    assert infer_sparse_shape(3 * 36, layer) == (4, 3, 6, 6)


@pytest.mark.parametrize(
    "changes",
    [
        {"input": None},
        {"stride": (0, 1)},
        {"stride": (1,)},
        {"padding": (1, 1)},
        {"groups": 0},
        {"groups": 2},
        {"output": act(4, 9, 9)},
    ],
)
def test_nonsense_is_asked_for(changes: dict[str, Any]) -> None:
    good: dict[str, Any] = {"input": act(3, 9, 9), "output": act(4, 7, 7)}
    assert infer_sparse_shape(27, good) == (4, 3, 3, 3)
    with pytest.raises(ModelError, match=r"key 'weights\.shape': is missing and cannot be inferred"):
        infer_sparse_shape(27, good | changes)
    with pytest.raises(ModelError, match=r"weights\.shape"):
        infer_sparse_shape(-1, good)
