from __future__ import annotations

from hwgen.model import limits
from hwgen.model.weights import ENCODINGS


def test_the_largest_model_is_within_the_limits_of_an_archive() -> None:
    """Every layer of the longest name, with all arrays that an encoding can have, bias, multiplier and shift."""
    arrays = max(len(kind.array_keys) for kind in ENCODINGS.values()) + 3
    # values and codes exclude each other.
    assert limits.MAX_LAYERS * (arrays - 1) + 1 <= limits.MAX_MEMBERS
    assert limits.MAX_NAME + len(".multiplier.npy") <= limits.MAX_MEMBER_NAME
    directory_entry = 46 + limits.MAX_NAME + len(".codebook.npy")
    assert limits.MAX_MEMBERS * directory_entry <= limits.MAX_DIRECTORY_BYTES


def test_a_layer_of_vgg_is_within_the_limits() -> None:
    weights = 25088 * 4096
    assert weights <= limits.MAX_WEIGHTS
    assert weights + 4096 * 13 + (1 << 20) < limits.PACKED_FREE < limits.MAX_ARRAY_BYTES < limits.MAX_FILE_BYTES


def test_a_full_layer_of_words_can_be_stored() -> None:
    assert limits.MAX_WEIGHTS * 2 < limits.MAX_ARRAY_BYTES
