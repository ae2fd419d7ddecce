from __future__ import annotations

import subprocess
import sys
import zipfile
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import ModelError, UsageError
from hwgen.model import DenseWeights, Layer, Model, Requant, Weights, load, save, validate
from tests.model.networks import NETWORKS, act, conv, fc, weights


def assert_same(found: object, wanted: object) -> None:
    """Equal in every field, arrays in dtype and contents."""
    assert type(found) is type(wanted)
    if isinstance(wanted, np.ndarray):
        assert isinstance(found, np.ndarray)
        assert found.dtype == wanted.dtype
        np.testing.assert_array_equal(found, wanted)
    elif isinstance(wanted, (Model, Layer, Weights, Requant)):
        for field in fields(wanted):
            assert_same(getattr(found, field.name), getattr(wanted, field.name))
    elif isinstance(wanted, tuple):
        assert isinstance(found, tuple)
        assert len(found) == len(wanted)
        for one, other in zip(found, wanted, strict=True):
            assert_same(one, other)
    elif hasattr(wanted, "input_multipliers"):
        assert vars(found) == vars(wanted)
    else:
        assert found == wanted


@pytest.mark.parametrize("name", NETWORKS)
def test_round_trip(name: str, tmp_path: Path) -> None:
    model = NETWORKS[name]()
    save(model, tmp_path / "a.npz")
    loaded = load(tmp_path / "a.npz")
    assert_same(loaded, model)
    save(loaded, tmp_path / "b.npz")
    assert (tmp_path / "b.npz").read_bytes() == (tmp_path / "a.npz").read_bytes()


def test_numpy_reads_what_save_writes(tmp_path: Path) -> None:
    model = NETWORKS["sparse"]()
    save(model, tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["conv1.indptr"], model.layer("conv1").weights.indptr)
        np.testing.assert_array_equal(archive["conv1.mul"], model.layer("conv1").requant.multiplier)


def test_bytes_do_not_depend_on_time_or_hash_seed(tmp_path: Path) -> None:
    imports = "import sys; from hwgen.model import save; from tests.model.networks import branches"
    script = f"{imports}; save(branches(), sys.argv[1])"
    written = []
    for seed in ("1", "2"):
        path = tmp_path / f"{seed}.npz"
        root = str(Path(__file__).parents[2])
        subprocess.run([sys.executable, "-c", script, path], cwd=root, env={"PYTHONHASHSEED": seed}, check=True)
        written.append(path.read_bytes())
    assert written[0] == written[1]
    with zipfile.ZipFile(tmp_path / "1.npz") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_an_invalid_model_leaves_no_file(tmp_path: Path) -> None:
    model = conv(DenseWeights.from_dense(weights(3, 4, 3, 3)), groups=3)
    with pytest.raises(ModelError, match=r"bad\.npz, layer 'conv1', key 'groups'"):
        save(model, tmp_path / "bad.npz")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_save_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    save(NETWORKS["dense"](), path)
    before = path.read_bytes()
    with pytest.raises(ModelError):
        save(fc(DenseWeights(bits=3, values=np.array([[99]], np.int8))), path)
    assert path.read_bytes() == before
    save(NETWORKS["ternary"](), path)
    assert path.read_bytes() != before
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written: No such file"):
        save(NETWORKS["dense"](), tmp_path / "missing" / "net.npz")


@pytest.mark.parametrize("path", ["", ".", "/"])
def test_a_path_without_a_name_is_a_usage_error(path: str) -> None:
    with pytest.raises(UsageError, match="names no file"):
        save(NETWORKS["dense"](), path)


def test_numbers_of_numpy_are_written_as_plain_ones(tmp_path: Path) -> None:
    output = act(np.int64(3), scale=np.float32(0.1), zero_point=np.int8(4))
    save(fc(DenseWeights.from_dense(weights(3, 5)), output=output), tmp_path / "a.npz")
    loaded = load(tmp_path / "a.npz").layers[0].output
    assert loaded == act(3, scale=float(np.float32(0.1)), zero_point=4)


def test_arrays_in_any_memory_order_are_written_in_c_order(tmp_path: Path) -> None:
    values = np.asfortranarray(weights(3, 5))
    save(fc(DenseWeights(bits=8, values=values)), tmp_path / "a.npz")
    np.testing.assert_array_equal(load(tmp_path / "a.npz").layers[0].weights.decode(), values)


def test_validate_finds_what_load_would_refuse() -> None:
    model = NETWORKS["dense"]()
    validate(model)
    with pytest.raises(ModelError, match="key 'name'"):
        validate(replace(model, name="no name"))
