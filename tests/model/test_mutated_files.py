"""10,000 mutated archives: each is refused with ModelError or is a valid model, and nothing is written."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwgen.errors import ModelError
from hwgen.model import (
    BinaryWeights,
    CodebookWeights,
    Conv2d,
    Dense,
    MaxPool2d,
    Model,
    NMWeights,
    SparseWeights,
    load,
    save,
)
from tests.model.networks import act, of_layers, requant, signs, weights

SAVED_AGAIN = 100
"""Of the mutants that stay valid, how many are saved and read again."""

NUMBERS = [0, -1, 1, 2, 3, 17, 255, 2**31, 2**63, -(2**63), 0.0, -0.5, 1e308, True, None, "", "input", [], {}, [0] * 9]

Rng = np.random.Generator


def small_network() -> Model:
    """Four encodings in a file of a few kilobytes."""
    conv = {"inputs": ("input",), "requant": requant(2), "output": act(2, 4, 4)}
    return of_layers(
        act(2, 4, 4),
        Conv2d(name="a", weights=SparseWeights.from_dense(weights(2, 2, 1, 1), code_bits=3), **conv),
        Conv2d(
            name="b", **conv | {"inputs": ("a",)}, weights=CodebookWeights.from_dense(weights(2, 2, 1, 1), code_bits=3)
        ),
        MaxPool2d(name="c", inputs=("b",), kernel=(2, 2), stride=(2, 2), output=act(2, 2, 2)),
        Dense(
            name="d",
            inputs=("c",),
            weights=NMWeights.from_dense(weights(2, 8), 4, 4),
            requant=requant(2),
            output=act(2),
        ),
        Dense(
            name="e", inputs=("d",), weights=BinaryWeights.from_dense(signs(3, 2)), requant=requant(3), output=act(3)
        ),
    )


def mutate_bytes(data: bytes, rng: Rng) -> bytes:
    """One to three random edits: overwrite, flip, cut, insert, repeat, truncate."""
    edited = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        start = int(rng.integers(0, len(edited) + 1))
        end = min(len(edited), start + int(rng.integers(1, 9)))
        match rng.integers(0, 6):
            case 0:
                edited[start:end] = bytes([rng.choice([0, 1, 127, 128, 255])]) * (end - start)
            case 1:
                for at in range(start, end):
                    edited[at] ^= 1 << int(rng.integers(0, 8))
            case 2:
                del edited[start:end]
            case 3:
                edited[start:start] = rng.bytes(int(rng.integers(1, 9)))
            case 4:
                edited[start:start] = edited[start:end]
            case _:
                del edited[start:]
    return bytes(edited)


def mutate_member(data: bytes, rng: Rng) -> bytes:
    """One member's bytes, in an archive whose checksums are right again."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = str(rng.choice(list(members)))
    members[name] = mutate_bytes(members[name], rng)
    return _packed(members, rng)


def mutate_element(data: bytes, rng: Rng) -> bytes:
    """One element of an array, everything else intact: only checks of contents can find it."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = str(rng.choice([name for name in members if name != "model.npy"]))
    changed = bytearray(members[name])
    changed[int(rng.integers(128, len(changed)))] = int(rng.integers(0, 256))
    members[name] = bytes(changed)
    return _packed(members, rng)


def mutate_description(data: bytes, rng: Rng) -> bytes:
    """One value of the JSON description replaced, one key dropped or one key added."""
    with np.load(io.BytesIO(data)) as archive:
        arrays = {name: archive[name] for name in archive.files}
    description = json.loads(arrays["model"].tobytes())
    places = list(_places(description))
    holder, key = places[int(rng.integers(0, len(places)))]
    match rng.integers(0, 6):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[f"{key}_"] = holder[key]
        case _:
            holder[key] = NUMBERS[int(rng.integers(0, len(NUMBERS)))]
    arrays["model"] = np.frombuffer(json.dumps(description).encode(), np.uint8)
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def _places(value: Any) -> Any:
    """Every (container, key) below ``value``."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


def _packed(members: dict[str, bytes], rng: Rng) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", int(rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


# A mutation, how often it is tried, and how many at least must be refused and stay valid for it to mean something.
MUTATIONS = [
    (mutate_bytes, 4000, 3000, 1),  # the archive itself: directory, headers, checksums
    (mutate_member, 3000, 2000, 0),
    (mutate_element, 1500, 100, 100),
    (mutate_description, 1500, 500, 50),
]


def test_there_are_10000_mutants() -> None:
    assert sum(count for _, count, _, _ in MUTATIONS) == 10_000


@pytest.mark.parametrize(("mutate", "count", "least_refused", "least_valid"), MUTATIONS)
def test_mutated_archives(
    mutate: Callable[[bytes, Rng], bytes], count: int, least_refused: int, least_valid: int, rng: Rng, tmp_path: Path
) -> None:
    path, again = tmp_path / "mutant.npz", tmp_path / "again.npz"
    save(small_network(), path)
    good = path.read_bytes()
    refused = valid = 0
    for _ in range(count):
        path.write_bytes(mutate(good, rng))
        try:
            model = load(path)
        except ModelError:
            refused += 1
        else:
            valid += 1
            if valid <= SAVED_AGAIN:
                _check_saves_again(model, again)
        assert [entry.name for entry in tmp_path.iterdir()] == ["mutant.npz"]
    assert refused + valid == count
    assert refused >= least_refused
    assert valid >= least_valid


def _check_saves_again(model: Model, path: Path) -> None:
    """What load takes, save takes too, and it means the same."""
    save(model, path)
    first = path.read_bytes()
    save(load(path), path)
    assert path.read_bytes() == first
    path.unlink()
