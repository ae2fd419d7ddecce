"""Files by their suffix."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import UsageError
from hwgen.importers import import_model
from hwgen.importers.calibration import Calibration
from tests.importers.deep_compression.test_convert import CHAIN, chain
from tests.importers.tflite.networks import dense


def test_the_suffix_decides(tmp_path: Path) -> None:
    (tmp_path / "Net.TFLITE").write_bytes(dense())
    assert import_model(tmp_path / "Net.TFLITE").name == "Net"


def test_unknown_and_missing_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "net.pb").write_bytes(b"")
    with pytest.raises(UsageError, match=r"net\.pb: is of no known kind \(import reads \.onnx, \.tflite, \.net\)"):
        import_model(tmp_path / "net.pb")
    with pytest.raises(UsageError, match=r"none\.tflite: no such file"):
        import_model(tmp_path / "none.tflite")


def test_what_is_quantised_takes_no_frames(tmp_path: Path) -> None:
    (tmp_path / "net.tflite").write_bytes(dense())
    with pytest.raises(UsageError, match=r"net\.tflite, key '--calibrate': is quantised already"):
        import_model(tmp_path / "net.tflite", Calibration(frames=np.zeros((1, 3))))


def test_a_net_file_needs_its_list_and_no_other_file_has_one(tmp_path: Path) -> None:
    net, layers = chain(tmp_path, {"input": [2, 6, 6], "layers": CHAIN})
    assert [layer.op for layer in import_model(net, layers=layers).layers] == ["conv2d", "max_pool2d", "dense", "dense"]
    with pytest.raises(UsageError, match="key '--layers': does not say which layers it has"):
        import_model(net)
    (tmp_path / "n.tflite").write_bytes(b"")
    with pytest.raises(UsageError, match=r"is no \.net file and has its own layers"):
        import_model(tmp_path / "n.tflite", layers=layers)
