"""``import``."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.run import Hwgen
from tests.importers.tflite.networks import dense, residual


def test_a_model_and_what_it_is(tmp_path: Path, hwgen: Hwgen) -> None:
    (tmp_path / "net.tflite").write_bytes(residual())
    shown = hwgen("import", "net.tflite", "-o", "net.npz", "--json", "r.json")
    assert shown.status == 0, shown.err
    lines = [line.split(maxsplit=1) for line in shown.out.splitlines()]
    assert ["model", "net.npz: net, 10 layers, 348 weights"] in lines
    assert ["next", "python -m hwgen show net.npz"] in lines
    record = json.loads((tmp_path / "r.json").read_text())
    assert record["input"] == [2, 5, 6]
    assert record["outputs"] == {"op09_softmax": [5]}
    assert record["layers"][0] == {"name": "op01_conv_2d", "op": "conv2d", "source_op": "op01_CONV_2D"}
    assert hwgen("show", "net.npz").status == 0


def test_nothing_is_written_of_a_damaged_file(tmp_path: Path, hwgen: Hwgen) -> None:
    (tmp_path / "net.tflite").write_bytes(dense()[:200])
    shown = hwgen("import", "net.tflite", "-o", "net.npz")
    assert shown.status == 2
    assert shown.error == "net.tflite: the TFLite file is damaged (export it again)"
    assert not (tmp_path / "net.npz").exists()
