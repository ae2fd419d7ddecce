from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from hwgen.model import ENCODINGS, SparseWeights, Weights
from tests.model.networks import weights


@pytest.mark.parametrize("kind", ENCODINGS.values())
def test_array_keys_are_fields(kind: type[Weights]) -> None:
    assert set(kind.array_keys) < {field.name for field in fields(kind)}


def test_arrays_leaves_out_what_is_absent() -> None:
    plain = SparseWeights.from_dense(weights(3, 4))
    coded = SparseWeights.from_dense(weights(3, 4), code_bits=5)
    assert list(plain.arrays()) == ["indptr", "indices", "values"]
    assert list(coded.arrays()) == ["indptr", "indices", "codes", "codebook"]
    assert plain.arrays()["indices"] is plain.indices


def test_weights_without_an_encoding_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Weights(bits=8)


def test_a_constructor_from_dense_exists_for_every_encoding() -> None:
    array = np.array([[1, -1]], np.int8)
    for name, kind in ENCODINGS.items():
        made = kind.from_dense(array, 2, 2) if name == "nm" else kind.from_dense(array)
        made.check_form()
        made.check_values()
        np.testing.assert_array_equal(made.decode(), array)
