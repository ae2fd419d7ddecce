"""The list of layers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hwgen.errors import UsageError
from hwgen.importers.deep_compression.layer_list import PoolEntry, WeightedEntry, identifier, read_layer_list

CONV = {"name": "a/b", "shape": [4, 2, 3, 3], "stride": 2, "pad": 1, "codebook_bits": 8}
POOL = {"name": "p", "op": "max_pool2d", "kernel": 2, "stride": 2, "inputs": ["a/b"], "pad": [1, 0, 1, 0]}


def read(folder: Path, value: object):
    (folder / "l.json").write_text(json.dumps(value))
    return read_layer_list(folder / "l.json")


def test_both_kinds_and_both_forms(tmp_path: Path) -> None:
    listed = read(tmp_path, {"input": [2, 9, 9], "layers": [CONV, POOL]})
    conv, pool = listed.entries
    assert listed.input == (2, 9, 9)
    assert isinstance(conv, WeightedEntry)
    assert (conv.name, conv.source, conv.padding, conv.relu) == ("a_b", "a/b", (1, 1, 1, 1), None)
    assert isinstance(pool, PoolEntry)
    assert (pool.inputs, pool.padding) == (("a_b",), (1, 0, 1, 0))
    assert listed.weighted == [conv]
    assert read(tmp_path, [CONV]).input is None


def test_names_become_identifiers() -> None:
    assert identifier("fire2/conv1x1-1") == "fire2_conv1x1_1"
    assert identifier("1x1") == "_1x1"


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ([], "must be a list of layers"),
        ({"layer": []}, "key 'layer': is unknown"),
        ({"input": [3, 4], "layers": [CONV]}, "must be a list of 1 or 3 numbers"),
        ([{}], r"key 'layers\[0\]': has no name"),
        ([CONV, CONV], "key 'name': stands twice"),
        ([CONV, {**CONV, "name": "a_b"}], "stands twice"),
        ([{**CONV, "shape": [4, 2, 3]}], "layer 'a/b', key 'shape': must be a list of 2 or 4 numbers"),
        ([{**CONV, "shape": [4, 0, 3, 3]}], "key 'shape': must be an integer in 1"),
        ([{**CONV, "codebook_bits": 9}], r"key 'codebook_bits': must be an integer in 1\.\.8, not 9"),
        ([{**CONV, "stride": True}], "key 'stride'"),
        ([{**CONV, "relu": 1}], "key 'relu': must be true or false"),
        ([{**CONV, "padding": 1}], "key 'padding': is unknown"),
        ([{**CONV, "inputs": ["z"]}], "names 'z', which does not stand before it"),
        ([CONV, {**POOL, "op": "pool"}], "must be one of max_pool2d, avg_pool2d"),
        ([CONV, {**POOL, "kernel": None}], "key 'kernel': must be an integer"),
    ],
)
def test_one_error_that_says_where(tmp_path: Path, value: object, error: str) -> None:
    with pytest.raises(UsageError, match=error) as caught:
        read(tmp_path, value)
    assert caught.value.file == str(tmp_path / "l.json")


def test_what_is_no_json_is_said(tmp_path: Path) -> None:
    (tmp_path / "l.json").write_text("[1,")
    with pytest.raises(UsageError, match="is no JSON"):
        read_layer_list(tmp_path / "l.json")
    with pytest.raises(UsageError, match="cannot be read"):
        read_layer_list(tmp_path / "none.json")
