from __future__ import annotations

from hwgen.model import ENCODINGS
from hwgen.model import weights as room
from tests.model.networks import NETWORKS


def test_every_encoding_of_format_1_is_registered() -> None:
    assert set(ENCODINGS) == {"dense", "ternary", "codebook", "sparse", "nm", "binary", "float"}
    assert all(kind.encoding == name for name, kind in ENCODINGS.items())


def test_every_encoding_can_be_imported_from_here() -> None:
    assert {kind.__name__ for kind in ENCODINGS.values()} < set(room.__all__)


def test_the_test_networks_use_every_encoding() -> None:
    stored = [getattr(layer, "weights", None) for make in NETWORKS.values() for layer in make().layers]
    assert {weights.encoding for weights in stored if weights is not None} == set(ENCODINGS)
