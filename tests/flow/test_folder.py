"""What makes a folder a core, and what is said of one that is none."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hwgen.errors import UsageError
from hwgen.flow.folder import CoreFolder
from tests.flow.fixture import manifest


def test_a_core_is_read(core: CoreFolder) -> None:
    assert core.name == core.top == "scale_max"
    assert core.input.shape == (3, 2, 3)
    assert core.input.pixels == 6
    assert core.input.beats_per_pixel == 2
    assert core.output.shape == (3,)
    assert core.output.pixels == 1
    assert core.output.beat_bytes == 2
    assert core.weights is None
    assert core.batch == 1
    assert core.sources == ("rtl/cells_generic.v", "rtl/scale_max.v")
    assert core.layers == ["scale", "maximum", "flatten"]
    assert core.pulses == [0, 1]
    assert core.patience > 302


def put(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(record: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        for key in parents:
            record = record[key]
        if value is None:
            del record[last]
        else:
            record[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (put("top", None), "top"),
        (put("name", 3), "name"),
        (put("cycles", None), "cycles"),
        (put("cycles.total", "many"), "total"),
        (put("cycles.pulses", [0, 3]), "pulses"),
        (put("cycles.pulses", None), "pulses"),
        (put("interfaces.input", None), "input"),
        (put("interfaces.input.shape", [3, 0, 2]), "shape"),
        (put("interfaces.input.shape", "3x2"), "shape"),
        (put("interfaces.input.prefix", None), "prefix"),
        (put("interfaces.input.signed", 1), "signed"),
        (put("interfaces.input.bits", 9), "widths"),
        (put("interfaces.input.element_bits", 12), "widths"),
        (put("interfaces.input.elements_per_beat", 0), "widths"),
        (put("interfaces.input.data_bits", 24), "data_bits"),
        (put("interfaces.output.beats_per_frame", 3), "beats_per_frame"),
        (put("interfaces.weights", {"prefix": "w", "data_bits": 7, "beats": 2}), "weights"),
        (put("interfaces.weights", {"prefix": "w", "data_bits": 32}), "beats"),
    ],
)
def test_a_bad_manifest_is_named(
    core: CoreFolder, tmp_path: Path, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    record = manifest()
    change(record)
    shutil.copytree(core.path / "rtl", tmp_path / "rtl")
    shutil.copy(core.path / "filelist.f", tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps(record))
    with pytest.raises(UsageError, match=said) as caught:
        CoreFolder.open(tmp_path)
    assert str(tmp_path / "manifest.json") in str(caught.value)


def test_a_weight_stream_is_read(core: CoreFolder, tmp_path: Path) -> None:
    record = manifest()
    put("interfaces.weights", {"prefix": "s_axis_weights", "data_bits": 32, "beats": 9})(record)
    shutil.copytree(core.path, tmp_path / "core", ignore=shutil.ignore_patterns("build", "reports"))
    (tmp_path / "core" / "manifest.json").write_text(json.dumps(record))
    weights = CoreFolder.open(tmp_path / "core").weights
    assert weights is not None
    assert (weights.prefix, weights.beat_bytes, weights.beats) == ("s_axis_weights", 4, 9)


def test_an_empty_folder_is_no_core(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"manifest\.json is missing.*hwgen build"):
        CoreFolder.open(tmp_path)


@pytest.mark.parametrize("text", ["", "[1, 2]", "{", '{"name": "x"}', "\x00"])
def test_no_manifest_of_ours(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(UsageError, match=r"manifest\.json"):
        CoreFolder.open(tmp_path)


@pytest.mark.parametrize(
    ("filelist", "said"),
    [
        (None, "filelist.f is missing"),
        ("// nothing\n\n", "names no Verilog file"),
        ("rtl/absent.v\n", "rtl/absent.v is missing"),
        ("../outside.v\n", "leaves the folder"),
        ("/etc/hostname\n", "leaves the folder"),
    ],
)
def test_a_bad_filelist_is_named(tmp_path: Path, filelist: str | None, said: str) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps(manifest()))
    if filelist is not None:
        (tmp_path / "filelist.f").write_text(filelist)
    with pytest.raises(UsageError, match=said):
        CoreFolder.open(tmp_path)


def test_the_digest_follows_the_sources(core: CoreFolder, tmp_path: Path) -> None:
    copy = tmp_path / "core"
    shutil.copytree(core.path, copy, ignore=shutil.ignore_patterns("build", "reports"))
    assert CoreFolder.open(copy).digest() == core.digest()
    assert CoreFolder.open(copy).digest() != core.digest(["a driver"])
    image = copy / "mem" / "weights.mem"
    image.write_text(image.read_text().replace("0010", "0011"))
    assert CoreFolder.open(copy).digest() == core.digest()
    source = copy / "rtl" / "scale_max.v"
    source.write_text(source.read_text() + "\n")
    assert CoreFolder.open(copy).digest() != core.digest()
