"""The list of layers that a .net file needs beside it: JSON.

    [{"name": "fire2/conv1x1_1", "shape": [16, 96, 1, 1], "stride": 1, "pad": 0, "codebook_bits": 8}, ...]

or {"input": [96, 55, 55], "layers": [...]}. A shape of four numbers is a convolution, of two a fully connected layer,
both with weights in the file. {"name", "op": "max_pool2d" or "avg_pool2d", "kernel", "stride", "pad"} has none.
Besides: ``inputs``, the names read (several are concatenated; "input" is the model's), and ``relu``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hwgen.errors import UsageError
from hwgen.model import INPUT

POOLS = ("max_pool2d", "avg_pool2d")
MAX_BITS = 8
MAX_SIZE = 1 << 24
MAX_WINDOW = 1024


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One layer. ``name`` is a Verilog identifier made of the list's, ``source`` the list's own."""

    name: str
    source: str
    inputs: tuple[str, ...] | None
    stride: int
    padding: tuple[int, int, int, int]


@dataclass(frozen=True, kw_only=True)
class WeightedEntry(Entry):
    """A layer with weights in the file; ``relu`` None: the importer decides."""

    shape: tuple[int, ...]
    codebook_bits: int
    relu: bool | None


@dataclass(frozen=True, kw_only=True)
class PoolEntry(Entry):
    """A pool; nothing of it stands in the file."""

    op: str
    kernel: int


@dataclass(frozen=True, kw_only=True)
class LayerList:
    """``input``: the shape of the frames, where the list tells."""

    input: tuple[int, ...] | None
    entries: tuple[Entry, ...]

    @property
    def weighted(self) -> list[WeightedEntry]:
        """Those with weights, in the file's order."""
        return [entry for entry in self.entries if isinstance(entry, WeightedEntry)]


def read_layer_list(path: Path) -> LayerList:
    """Raises UsageError: what is wrong in which layer."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", file=str(path), hint="check the path") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"is no JSON: {error}", file=str(path)) from None
    try:
        return _layer_list(found)
    except UsageError as error:
        raise UsageError(error.what, file=str(path), layer=error.layer, key=error.key, hint=error.hint) from None


def _layer_list(found: object) -> LayerList:
    shape = None
    if isinstance(found, dict):
        for key in found:
            if key not in ("input", "layers"):
                raise UsageError("is unknown", key=str(key), hint="the list has input and layers")
        shape = None if found.get("input") is None else _numbers(found["input"], "input", 1, MAX_SIZE, (1, 3))
        found = found.get("layers")
    if not isinstance(found, list) or not found:
        raise UsageError("must be a list of layers", key="layers")
    entries: list[Entry] = []
    for number, item in enumerate(found):
        if not isinstance(item, dict) or not isinstance(item.get("name"), str) or not item["name"]:
            raise UsageError("has no name", key=f"layers[{number}]")
        try:
            entries.append(_entry(item, {entry.source: entry.name for entry in entries}))
        except UsageError as error:
            raise UsageError(error.what, layer=item["name"], key=error.key, hint=error.hint) from None
    return LayerList(input=shape, entries=tuple(entries))


def _entry(item: Mapping[str, Any], before: Mapping[str, str]) -> Entry:
    name = identifier(item["name"])
    if item["name"] in before or name in before.values():
        raise UsageError("stands twice", key="name", hint="rename one")
    common = {
        "name": name,
        "source": item["name"],
        "inputs": _inputs(item.get("inputs"), before),
        "stride": _number(item.get("stride", 1), "stride", 1, MAX_WINDOW),
        "padding": _padding(item.get("pad", 0)),
    }
    pool = "op" in item
    known = {"name", "inputs", "stride", "pad"} | ({"op", "kernel"} if pool else {"shape", "codebook_bits", "relu"})
    for key in item:
        if key not in known:
            raise UsageError("is unknown", key=key, hint=f"one of {', '.join(sorted(known))}")
    if pool:
        if item["op"] not in POOLS:
            raise UsageError(f"is {item['op']!r}, must be one of {', '.join(POOLS)}", key="op")
        return PoolEntry(op=item["op"], kernel=_number(item.get("kernel"), "kernel", 1, MAX_WINDOW), **common)
    relu = item.get("relu")
    if relu is not None and not isinstance(relu, bool):
        raise UsageError(f"must be true or false, not {relu!r}", key="relu")
    return WeightedEntry(
        shape=_numbers(item.get("shape"), "shape", 1, MAX_SIZE, (2, 4)),
        codebook_bits=_number(item.get("codebook_bits"), "codebook_bits", 1, MAX_BITS),
        relu=relu,
        **common,
    )


def identifier(source: str) -> str:
    """A layer's name as models have it: letters, digits and _ only."""
    name = re.sub(r"\W", "_", source, flags=re.ASCII)
    return name if re.match(r"[A-Za-z_]", name) else f"_{name}"


def _inputs(names: object, before: Mapping[str, str]) -> tuple[str, ...] | None:
    if names is None:
        return None
    if not isinstance(names, list) or not names:
        raise UsageError("must be a list of names", key="inputs")
    found = []
    for name in names:
        if name != INPUT and name not in before:
            raise UsageError(f"names {name!r}, which does not stand before it", key="inputs")
        found.append(INPUT if name == INPUT else before[name])
    return tuple(found)


def _padding(pad: object) -> tuple[int, int, int, int]:
    if isinstance(pad, list):
        top, bottom, left, right = _numbers(pad, "pad", 0, MAX_WINDOW, (4,))
        return top, bottom, left, right
    one = _number(pad, "pad", 0, MAX_WINDOW)
    return one, one, one, one


def _numbers(value: object, key: str, low: int, high: int, lengths: Sequence[int]) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) not in lengths:
        raise UsageError(f"must be a list of {' or '.join(map(str, lengths))} numbers", key=key)
    return tuple(_number(item, key, low, high) for item in value)


def _number(value: object, key: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise UsageError(f"must be an integer in {low}..{high}, not {value!r}", key=key)
    return value
