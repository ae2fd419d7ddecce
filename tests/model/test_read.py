"""What load takes besides what save writes; most of what it refuses is in test_bad_files.py and test_bombs.py."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import ModelError
from hwgen.model import DenseWeights, load, save
from tests.model.networks import NETWORKS, act, conv, fc, weights
from tests.model.raw import npy, parts_of, text_member, write_members, write_parts


def test_an_archive_packed_by_numpy(tmp_path: Path) -> None:
    model = NETWORKS["nm, codes"]()
    save(model, tmp_path / "good.npz")
    with np.load(tmp_path / "good.npz") as archive:
        np.savez_compressed(tmp_path / "packed.npz", **dict(archive))
    loaded = load(tmp_path / "packed.npz")
    save(loaded, tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "good.npz").read_bytes()


def test_keys_that_may_be_absent(tmp_path: Path) -> None:
    plain = DenseWeights.from_dense(weights(3, 4, 3, 3))
    description, members = parts_of(conv(plain, padding=(0,) * 4, bias=None, output=act(3, 4, 3)), tmp_path / "a.npz")
    layer = description["layers"][0]
    for key in ("stride", "padding", "groups"):
        del layer[key]
    for key in ("min", "max"):
        del layer["output"][key]
        del description["input"][key]
    write_parts(tmp_path / "b.npz", description, members)
    save(load(tmp_path / "b.npz"), tmp_path / "c.npz")
    assert (tmp_path / "c.npz").read_bytes() == (tmp_path / "a.npz").read_bytes()


def test_layers_may_share_an_array(tmp_path: Path) -> None:
    description, members = parts_of(fc(DenseWeights.from_dense(weights(4, 4))), tmp_path / "a.npz")
    first = description["layers"][0]
    description["layers"].append({**first, "name": "fc2", "inputs": ["fc1"]})
    description["outputs"] = ["fc2"]
    write_parts(tmp_path / "b.npz", description, members)
    model = load(tmp_path / "b.npz")
    assert model.layer("fc1").weights.values is model.layer("fc2").weights.values


def test_a_path_may_be_text(tmp_path: Path) -> None:
    save(NETWORKS["dense"](), str(tmp_path / "a.npz"))
    assert load(str(tmp_path / "a.npz")).name == "net"


class Trap:
    """Unpickling this would create a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def test_pickles_are_never_read(tmp_path: Path) -> None:
    trap = Trap(tmp_path / "sprung")
    description, members = parts_of(NETWORKS["dense"](), tmp_path / "good.npz")
    members["conv1.values"] = np.array([trap], object)
    write_parts(tmp_path / "bad.npz", description, members)
    with pytest.raises(ModelError, match=r"'conv1\.values' holds pickled Python objects"):
        load(tmp_path / "bad.npz")
    (tmp_path / "bad.npz").write_bytes(pickle.dumps(trap))
    with pytest.raises(ModelError, match=r"is no \.npz archive"):
        load(tmp_path / "bad.npz")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("member", "text"),
    [
        (np.zeros(3, np.int8), "must be a vector of uint8"),
        (np.zeros((1, 3), np.uint8), "must be a vector of uint8"),
        (np.zeros(2**20 + 1, np.uint8), "at most 1048576"),
        (text_member(b"[]"), "must be a JSON object"),
        (text_member(b"null"), "must be a JSON object"),
    ],
)
def test_descriptions(member: np.ndarray, text: str, tmp_path: Path) -> None:
    write_members(tmp_path / "a.npz", {"model.npy": npy(member)})
    with pytest.raises(ModelError, match=f"key 'model': .*{text}"):
        load(tmp_path / "a.npz")


def test_an_archive_without_a_description(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", weights=np.zeros(3, np.int8))
    with pytest.raises(ModelError, match="no member 'model'"):
        load(tmp_path / "a.npz")


def test_a_message_in_full(tmp_path: Path) -> None:
    description, members = parts_of(NETWORKS["codebook"](), tmp_path / "good.npz")
    members["conv1.codes"] = members["conv1.codes"] | 16
    write_parts(tmp_path / "bad.npz", description, members)
    with pytest.raises(ModelError) as caught:
        load(tmp_path / "bad.npz")
    code = int(members["conv1.codes"].max())
    assert str(caught.value) == (
        f"{tmp_path / 'bad.npz'}, layer 'conv1', key 'weights.codes': holds code {code}, the codebook ends at 15 "
        "(raise code_bits and lengthen the codebook, or correct the codes)"
    )
