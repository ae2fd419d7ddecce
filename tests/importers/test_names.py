"""Names from files."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwgen.importers.names import identifier, model_name


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("a/b/ResNet-8 v2.onnx", "ResNet_8_v2"),
        ("8bit.tflite", "net_8bit"),
        ("module.onnx", "net_module"),
        ("---.onnx", "network"),
        ("a" * 100 + ".onnx", "a" * 64),
    ],
)
def test_a_files_name_is_an_identifier(file: str, name: str) -> None:
    assert model_name(Path(file)) == name


def test_nothing_may_be_left() -> None:
    assert identifier("äö") == ""
