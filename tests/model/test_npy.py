from __future__ import annotations

import io
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import array_shapes

from hwgen.errors import ModelError
from hwgen.model.npy import DTYPES, header_of, read_header
from tests.model.raw import npy


@given(
    shape=st.one_of(st.just(()), array_shapes(min_dims=0, max_dims=6, min_side=0)),
    descr=st.sampled_from(sorted(DTYPES)),
)
def test_headers_agree_with_numpy(shape: tuple[int, ...], descr: str) -> None:
    array = np.zeros(shape, descr)
    theirs, ours = npy(array), header_of(array)
    for data in (theirs, ours + array.tobytes()):
        stream = io.BytesIO(data)
        header = read_header(stream)
        assert (header.dtype, header.shape) == (array.dtype, array.shape)
        assert header.data_bytes == array.nbytes
        assert header.header_bytes == stream.tell() == len(data) - array.nbytes
    np.testing.assert_array_equal(np.load(io.BytesIO(ours + array.tobytes()), allow_pickle=False), array)
    assert len(ours) % 64 == 0


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.array([{}], object), "pickled Python objects"),
        (np.zeros(3, ">i4"), "dtype '>i4'"),
        (np.zeros(3, np.float64), "dtype '<f8'"),
        (np.zeros(3, bool), r"dtype '\|b1'"),
        (np.zeros(3, "U4"), "dtype '<U4'"),
        (np.zeros(3, [("a", "i4")]), "malformed"),
        (np.asfortranarray(np.zeros((2, 3), np.int8)), "Fortran order"),
    ],
)
def test_arrays_that_no_model_holds(array: Any, text: str) -> None:
    with pytest.raises(ModelError, match=text):
        read_header(io.BytesIO(npy(array)))


GOOD = "{'descr': '|i1', 'fortran_order': False, 'shape': (3,), }"


@pytest.mark.parametrize(
    "text",
    [
        "",
        GOOD[:-1],
        GOOD.replace("(3,)", "(-3,)"),
        GOOD.replace("(3,)", "(3"),
        GOOD.replace("(3,)", "(3,,)"),
        GOOD.replace("(3,)", "(12345678901,)"),
        GOOD.replace("(3,)", "(True,)"),
        GOOD.replace("(3,)", "(1, 1, 1, 1, 1, 1, 1, 1, 1)"),
        GOOD.replace("False", "__import__('os').abort()"),
        GOOD.replace("}", "'descr': '|O'}"),
        GOOD + "\n\n" + "x",
        "(" * 900,
    ],
)
def test_malformed_headers(text: str) -> None:
    data = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()
    with pytest.raises(ModelError, match="malformed"):
        read_header(io.BytesIO(data + bytes(100)))


@pytest.mark.parametrize("data", [b"", b"\x93NUMP", b"PK\x03\x04" + bytes(99), bytes(128)])
def test_what_is_no_array(data: bytes) -> None:
    with pytest.raises(ModelError, match=r"is no \.npy array"):
        read_header(io.BytesIO(data))


@pytest.mark.parametrize("data", [b"\x93NUMPY\x02\x00" + bytes(99), b"\x93NUMPY\x01\x00\x01"])
def test_other_versions(data: bytes) -> None:
    with pytest.raises(ModelError, match=r"version than 1\.0"):
        read_header(io.BytesIO(data))


def test_a_header_longer_than_its_stream() -> None:
    with pytest.raises(ModelError, match="malformed"):
        read_header(io.BytesIO(b"\x93NUMPY\x01\x00\xff\x00" + GOOD.encode()))
