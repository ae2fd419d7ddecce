"""The recipe of LeNet-5 as a float model."""

from __future__ import annotations

from pathlib import Path

from hwgen import golden
from hwgen.bench.lenet5 import WEIGHTS
from hwgen.model import load
from models.lenet5_float import main
from tests.data import data


def test_it_writes_the_model(tmp_path: Path) -> None:
    data(WEIGHTS.name)
    main(tmp_path / "m.npz")
    model = load(tmp_path / "m.npz")
    assert golden.is_float(model)
    assert [layer.name for layer in model.layers] == ["conv1", "pool1", "conv2", "pool2", "fc1", "fc2"]
