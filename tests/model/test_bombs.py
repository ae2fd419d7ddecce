"""Files made to cost time or memory: refused within a second of processor time and 200 MB, measured in a process."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwgen.model import DenseWeights
from tests.model.networks import conv, fc, weights
from tests.model.raw import npy, npy_header, parts_of, text_member, write_members, write_parts

ROOT = Path(__file__).parents[2]
SECONDS, MEGABYTES = 1.0, 200
LARGE = (4096, 25088)

MEASURE = """
import json, sys, time
from hwgen.errors import ModelError
from hwgen.model import load
start = time.process_time()
try:
    load(sys.argv[1])
    text = "loaded"
except ModelError as error:
    text = str(error)
seconds = time.process_time() - start
with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
print(json.dumps({"text": text, "seconds": seconds, "megabytes": peak / 1000}))
"""


def measure(path: Path) -> dict[str, Any]:
    """What load says of ``path`` in a fresh process, and what it costs (memory with Python and NumPy themselves)."""
    done = subprocess.run([sys.executable, "-c", MEASURE, path], cwd=ROOT, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def good_members(tmp_path: Path) -> dict[str, bytes]:
    """The members of a small valid file, as bytes by their full names."""
    description, arrays = parts_of(conv(DenseWeights.from_dense(weights(3, 4, 3, 3))), tmp_path / "good.npz")
    text = text_member(json.dumps(description).encode())
    return {f"{name}.npy": npy(array) for name, array in {"model": text, **arrays}.items()}


def dense_parts(tmp_path: Path, rows: int, columns: int) -> tuple[Any, Any]:
    """A fully connected layer whose values are to be replaced by rows x columns of them."""
    small = fc(DenseWeights.from_dense(weights(rows, 1)))
    description, members = parts_of(small, tmp_path / "small.npz")
    description["input"]["shape"] = [columns]
    return description, members


def zeros_in_a_small_layer(tmp_path: Path, path: Path) -> None:
    members = good_members(tmp_path)
    members["conv1.values.npy"] = npy_header((1 << 29,)) + bytes(1 << 29)
    write_members(path, members, zipfile.ZIP_DEFLATED)


def zeros_in_the_description(tmp_path: Path, path: Path) -> None:
    members = good_members(tmp_path)
    members["model.npy"] = npy_header((1 << 26,), "|u1") + b" " * (1 << 26)
    write_members(path, members, zipfile.ZIP_DEFLATED)


def zeros_in_a_matching_layer(tmp_path: Path, path: Path) -> None:
    description, members = dense_parts(tmp_path, 4096, 30_000)
    members["fc1.values"] = np.zeros((4096, 30_000), np.int8)
    arrays = {"model": text_member(json.dumps(description).encode()), **members}
    write_members(path, {f"{name}.npy": npy(array) for name, array in arrays.items()}, zipfile.ZIP_DEFLATED)


def wrong_shift_behind_115_megabytes(tmp_path: Path, path: Path) -> None:
    description, members = dense_parts(tmp_path, 4096, 28_000)
    members["fc1.values"] = np.zeros((4096, 28_000), np.int8)
    members["fc1.shift"] = np.full(4096, 63, np.int8)
    arrays = {"model": text_member(json.dumps(description).encode()), **members}
    write_members(path, {f"{name}.npy": npy(array) for name, array in arrays.items()}, zipfile.ZIP_DEFLATED)


def header_that_claims_a_terabyte(tmp_path: Path, path: Path) -> None:
    members = good_members(tmp_path)
    members["conv1.values.npy"] = npy_header((1 << 20, 1 << 20)) + bytes(100)
    write_members(path, members)


def header_with_a_size_beyond_64_bits(tmp_path: Path, path: Path) -> None:
    members = good_members(tmp_path)
    header = b"{'descr': '|i1', 'fortran_order': False, 'shape': (9999999999, 9999999999, 9999999999), }"
    header += b" " * (128 - 10 - len(header) - 1) + b"\n"
    members["conv1.values.npy"] = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    write_members(path, members)


def directory_that_understates(tmp_path: Path, path: Path) -> None:
    """The stream of a member goes on long after the size that the directory declares."""
    members = good_members(tmp_path)
    honest = members["conv1.values.npy"]
    members["conv1.values.npy"] = honest + bytes(1 << 28)
    write_members(path, members, zipfile.ZIP_DEFLATED)
    data, size = path.read_bytes(), struct.pack("<I", len(honest) + (1 << 28))
    assert data.count(size) >= 1
    path.write_bytes(data.replace(size, struct.pack("<I", len(honest))))


def many_members(tmp_path: Path, path: Path) -> None:
    write_members(path, good_members(tmp_path) | {f"m{index}.npy": b"" for index in range(65_000)})


def members_on_one_stream(tmp_path: Path, path: Path) -> None:
    """Fifield, A better zip bomb, WOOT 2019: many directory entries for the same packed bytes."""
    members = good_members(tmp_path)
    kernel = npy_header((1 << 25,)) + bytes(1 << 25)
    write_members(path, members | {"m0.npy": kernel} | {f"m{index}.npy": b"" for index in range(1, 60)}, 8)
    with zipfile.ZipFile(path) as archive:
        target = archive.getinfo("m0.npy")
        infos = archive.infolist()
    data = bytearray(path.read_bytes())
    start = data.rindex(b"PK\x05\x06")
    entry = int.from_bytes(data[start + 16 : start + 20], "little")
    for info in infos:
        if info.filename.startswith("m") and info.filename != "model.npy":
            struct.pack_into("<LLL", data, entry + 16, target.CRC, target.compress_size, target.file_size)
            struct.pack_into("<L", data, entry + 42, target.header_offset)
        entry += 46 + len(info.filename)
    path.write_bytes(data)


def deep_json(tmp_path: Path, path: Path) -> None:
    write_parts(path, b"[" * 1_000_000, {})


def broad_json(tmp_path: Path, path: Path) -> None:
    write_parts(path, b"[" + b"[]," * 340_000 + b"[]]", {})


def long_number(tmp_path: Path, path: Path) -> None:
    write_parts(path, b'{"version": ' + b"9" * 1_000_000 + b"}", {})


def one_array_for_many_layers(tmp_path: Path, path: Path) -> None:
    description, members = dense_parts(tmp_path, 4096, 4096)
    members["fc1.values"] = np.ones((4096, 4096), np.int8)
    first = description["layers"][0]
    description["layers"] = [{**first, "name": f"fc{index}"} for index in range(500)]
    description["outputs"] = [f"fc{index}" for index in range(500)]
    write_parts(path, description, members)


BOMBS: dict[Callable[[Path, Path], None], str] = {
    zeros_in_a_small_layer: "zip bomb",
    zeros_in_the_description: "key 'model': has 67108864 bytes, at most",
    zeros_in_a_matching_layer: "zip bomb",
    wrong_shift_behind_115_megabytes: "layer 'fc1', key 'requant.shift': is 63",
    header_that_claims_a_terabyte: "archive member 'conv1.values' declares shape (1048576, 1048576)",
    header_with_a_size_beyond_64_bits: "archive member 'conv1.values' declares shape",
    directory_that_understates: "archive member 'conv1.values' the archive is damaged",
    many_members: "more than 4096 members",
    members_on_one_stream: "archive members overlap",
    deep_json: "key 'model': the JSON is nested more than 16 deep",
    broad_json: "key 'model': must be a JSON object",
    long_number: "key 'model': the JSON holds an integer of 1000000 digits",
    one_array_for_many_layers: "key 'model': the layers name",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_are_refused_cheaply(bomb: Callable[[Path, Path], None], tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    bomb(tmp_path, path)
    cost = measure(path)
    assert cost["text"].startswith(f"{path}")
    assert BOMBS[bomb] in cost["text"]
    assert cost["seconds"] < SECONDS
    assert cost["megabytes"] < MEGABYTES


def test_the_largest_layer_of_vgg_loads(tmp_path: Path) -> None:
    """fc6 of VGG-16: 103 million int8 weights, unpacked."""
    description, members = dense_parts(tmp_path, *LARGE)
    members["fc1.values"] = np.ones(LARGE, np.int8)
    path = tmp_path / "vgg.npz"
    write_parts(path, description, members)
    cost = measure(path)
    assert cost["text"] == "loaded"
    assert cost["megabytes"] < MEGABYTES
