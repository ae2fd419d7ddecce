"""``compress``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hwgen import model as models
from tests.cli.run import Hwgen
from tests.compress.networks import mlp
from tests.compress.train_data import directions

KEYS = {
    "name", "layer", "bits_before", "bits_after", "density", "cycles", "accuracy_before", "accuracy_after",
    "skipped_reason",
}  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> list[object]:
    """A float model and labelled data in ``tmp_path``; the flags that name them."""
    models.save(mlp(40, 32, 3), tmp_path / "m.npz")
    frames, labels = directions(60, (40,))
    np.save(tmp_path / "x.npy", frames)
    np.save(tmp_path / "y.npy", labels)
    return ["--data", "x.npy", "--labels", "y.npy"]


def test_from_flags_to_a_core(tmp_path: Path, hwgen: Hwgen, data: list[object]) -> None:
    flags = ["--prune", "0.2", "--share", "3", "--quantise", "8"]
    shown = hwgen("compress", "m.npz", "-o", "s.npz", *data, *flags, "--pes", 4, "--lanes", 2, "--json", "r.json")
    assert shown.status == 0, shown.err
    record = json.loads((tmp_path / "r.json").read_text())
    assert [row["name"] for row in record["steps"][::2]] == ["prune", "share", "quantise", "encode", "huffman"]
    assert set(record["steps"][0]) == KEYS
    assert record["huffman_bits"] < record["bits"] < record["float_bits"] / 5
    assert record["energy_estimate_pj"]["compressed"]["sram"] < record["energy_estimate_pj"]["dense_int8"]["sram"]
    lines = shown.out.splitlines()
    assert any(line.startswith("prune") and "fc1" in line and "20.0" in line for line in lines)
    assert any(line.startswith("size") and "times smaller than float32" in line for line in lines)
    assert "estimate" in shown.out
    assert hwgen("build", "s.npz", "-o", "core", "--pes", 4, "--lanes", 2).status == 0


def test_a_recipe_and_taking_it_up_again(tmp_path: Path, hwgen: Hwgen, data: list[object]) -> None:
    recipe = tmp_path / "r.toml"
    recipe.write_text("[[step]]\nname = 'prune'\ndensity = { fc1 = 0.1 }\n[[step]]\nname = 'quantise'\n")
    first = hwgen("compress", "m.npz", "-o", "s.npz", "--recipe", "r.toml", *data)
    assert first.status == 0, first.err
    assert "is not named in 'density'" in first.out
    written = (tmp_path / "s.npz").read_bytes()
    stamp = (tmp_path / "s.npz.steps" / "01-prune.npz").stat().st_mtime_ns
    again = hwgen("compress", "m.npz", "-o", "s.npz", "--recipe", "r.toml", *data, "--resume")
    assert again.out == first.out
    assert (tmp_path / "s.npz").read_bytes() == written
    assert (tmp_path / "s.npz.steps" / "01-prune.npz").stat().st_mtime_ns == stamp


def test_training_holds_a_tenth_out(tmp_path: Path, hwgen: Hwgen, data: list[object]) -> None:
    pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")
    shown = hwgen("compress", "m.npz", "-o", "s.npz", *data, "--prune", "0.5", "--epochs", "2", "--json", "-")
    assert shown.status == 0, shown.err
    row = json.loads(shown.out)["steps"][0]
    # Six frames measure.
    assert row["accuracy_after"] * 6 == pytest.approx(round(row["accuracy_after"] * 6))
    assert "hwgen: prune: epoch 2 of 2" in shown.err


@pytest.mark.parametrize(
    ("flags", "error"),
    [
        ([], "key '--recipe': no steps were given"),
        (["--prune", "2"], "key '--prune: density': is 2.0, must lie in 0..1"),
        (["--share", "9"], "key '--share: bits': is 9, must lie in 2..8"),
        (["--nm", "2-4"], "key '--nm': must be N:M, such as 2:4, not '2-4'"),
        (["--quantise", "8"], "step 1 (quantise): the step 'quantise' needs data"),
        (["--recipe", "no.toml"], "no.toml: cannot be read"),
        (["--recipe", "no.toml", "--prune", "0.1"], "a recipe and --prune were given"),
        (["--prune", "0.1", "--data", "y.npy"], "y.npy: has shape (60,) of uint8, the model takes frames ('n', 40)"),
        (["--prune", "0.1", "--labels", "y.npy"], "labels without frames"),
        (["--prune", "0.1", "--epochs", "1", "--data", "x.npy"], "step 1 (prune): the step 'prune' needs labels"),
        (["--prune", "0.1", "--test-data", "x.npy"], "a test set needs labels"),
    ],
)
def test_one_error_and_nothing_written(
    tmp_path: Path, hwgen: Hwgen, data: list[object], flags: list[str], error: str
) -> None:
    if "--epochs" in flags:
        pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")
    shown = hwgen("compress", "m.npz", "-o", "s.npz", *flags)
    assert shown.status == 2
    assert error in shown.error
    assert not (tmp_path / "s.npz").exists()
