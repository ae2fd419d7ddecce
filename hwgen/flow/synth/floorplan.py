"""Where the multipliers and block RAMs of a core stand on the device.

Left to itself, nextpnr puts a PE's multipliers wherever the rows of multiplier blocks have room, and the PE's
accumulators end up a quarter of the device away. Here the PEs take the blocks in order, row by row and back again, in
the middle of the rows; a requantiser's multipliers stand between those of the PEs that it serves. Block RAMs then take
the places that are nearest to the multipliers of whose PE or requantiser they are, those of nobody's to the middle of
all (an assignment problem; Kuhn 1955). Ways count squared, lest one memory pays for all others, and more for those of
nobody's: what they hold steers every PE or is sent to all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BEL = "BEL"
"""The attribute that fixes a cell's place for nextpnr."""

SHARED = 4
"""How much more the way counts for a memory that is nobody's."""

Owner = tuple[str, int]
"""A PE or a requantiser, and its number."""

_REQUANTISER = re.compile(r"\brequantiser_(\d+)\.")
_PE = re.compile(r"\b(?:pe|bank|weights|pointers|decoder|tile_output)_(\d+)\.")
_NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True, kw_only=True)
class Sites:
    """The places for cells of the type ``cell``: rows, each from left to right, by the names that nextpnr knows."""

    cell: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Floorplan:
    """The places of a device."""

    multipliers: Sites
    memories: Sites


def _ecp5(multipliers: Sequence[int], memories: Sequence[int], columns: Sequence[int]) -> Floorplan:
    """Rows of the device at these heights: from each of ``columns`` on four multipliers, or four memories.

    Multipliers are two neighbours, and two more three columns further right; every second column has a memory.
    """
    mults = [(column + offset, site) for column in columns for offset, site in ((0, 0), (1, 1), (4, 4), (5, 5))]
    rams = [(column + 2 * site, site) for column in columns for site in range(4)]
    return Floorplan(
        multipliers=Sites(
            cell="MULT18X18D", rows=tuple(tuple(f"X{x}/Y{y}/MULT18_{n}" for x, n in mults) for y in multipliers)
        ),
        memories=Sites(cell="DP16KD", rows=tuple(tuple(f"X{x}/Y{y}/EBR{n}" for x, n in rams) for y in memories)),
    )


ECP5_SITES = {
    "25k": _ecp5([13], [25, 37], [4, 13, 22, 33, 42, 51, 60]),
    "45k": _ecp5([22, 46], [10, 34, 58], [4, 13, 22, 31, 42, 51, 60, 69, 78]),
    "85k": _ecp5([10, 34, 58], [22, 46, 70, 82], [4, 13, 22, 31, 40, 49, 58, 69, 78, 87, 96, 105, 114]),
}
"""Of the LFE5U devices, as nextpnr's chip database has them."""


def place_blocks(netlist: Path, sites: Floorplan) -> int:
    """Fix multipliers and block RAMs in ``netlist`` (Yosys JSON) to places; how many cells.

    None of a kind, where there are more than places; no memory without multipliers.
    """
    design = json.loads(netlist.read_text(encoding="utf-8"))
    placed = 0
    for module in design["modules"].values():
        cells: dict[str, Any] = module["cells"]
        multipliers, memories = (
            [name for name, cell in cells.items() if cell["type"] == kind.cell]
            for kind in (sites.multipliers, sites.memories)
        )
        places = dict(assigned(multipliers, sites.multipliers.rows))
        places |= beside(memories, places, [place for row in sites.memories.rows for place in row])
        for name, place in places.items():
            cells[name].setdefault("attributes", {})[BEL] = place
        placed += len(places)
    if placed:
        netlist.write_text(json.dumps(design), encoding="utf-8")
    return placed


def assigned(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Mapping[str, str]:
    """A place for each of the cells, by their names in the hierarchy; empty where one has no PE, or the places run out.

    The cells are shared out evenly over the rows, and no PE over two of them where there is room.
    """
    order = _in_order(names)
    even = [round(len(order) * (index + 1) / len(rows)) for index in range(len(rows))]
    for ends in (_whole(order, even), even) if order else ():
        widths = np.diff([0, *ends]).tolist()
        if all(width <= len(row) for width, row in zip(widths, rows, strict=True)):
            return dict(zip(order, _middles(rows, widths), strict=True))
    return {}


def _whole(order: Sequence[str], ends: Sequence[int]) -> list[int]:
    """For each of ``ends``, positions in ``order``, the nearest one behind the last cell of a PE or requantiser."""
    owners = [*(_owner(name) for name in order), None]
    behind = [at for at in range(1, len(owners)) if owners[at] != owners[at - 1]]
    return [min(behind, key=lambda at: abs(at - end)) for end in ends]


def _middles(rows: Sequence[Sequence[str]], widths: Sequence[int]) -> list[str]:
    """So many places in the middle of each row, every second one from right to left."""
    places: list[str] = []
    for index, (row, width) in enumerate(zip(rows, widths, strict=True)):
        left = (len(row) - width) // 2
        middle = row[left : left + width]
        places += middle[::-1] if index % 2 else middle
    return places


def beside(names: Sequence[str], multipliers: Mapping[str, str], places: Sequence[str]) -> Mapping[str, str]:
    """A place for each of the memories, near the ``multipliers`` (places by cell) of its PE or requantiser."""
    if not names or not multipliers or len(names) > len(places):
        return {}
    # Only place and route needs SciPy.
    from scipy.optimize import linear_sum_assignment

    owners = [_owner(name) for name in names]
    centres = _centres(owners, multipliers)
    middle = np.mean([_position(place) for place in multipliers.values()], axis=0)
    wanted = np.array([centres.get(owner, middle) if owner else middle for owner in owners])
    weight = np.array([1 if owner in centres else SHARED for owner in owners])
    there = np.array([_position(place) for place in places])
    way = np.abs(wanted[:, None] - there[None]).sum(axis=2)
    rows, columns = linear_sum_assignment(weight[:, None] * way**2)
    return {names[row]: places[column] for row, column in zip(rows.tolist(), columns.tolist(), strict=True)}


def _centres(owners: Sequence[Owner | None], multipliers: Mapping[str, str]) -> dict[Owner, NDArray[np.float64]]:
    """Where each PE's and requantiser's multipliers stand; those of its PEs, of a requantiser without."""
    homes: dict[Owner, list[tuple[int, int]]] = {}
    for name, place in multipliers.items():
        if owner := _owner(name):
            homes.setdefault(owner, []).append(_position(place))
    centres = {owner: np.mean(positions, axis=0) for owner, positions in homes.items()}
    of_pes = np.array([centre for (kind, _), centre in sorted(centres.items()) if kind == "pe"])
    requantisers = sorted({owner for owner in owners if owner and owner[0] == "requantiser"})
    if len(of_pes) and requantisers:
        share = len(of_pes) / (requantisers[-1][1] + 1)
        for owner in requantisers:
            first = int(owner[1] * share)
            centres.setdefault(owner, np.mean(of_pes[first : max(first + 1, int((owner[1] + 1) * share))], axis=0))
    return centres


def _owner(name: str) -> Owner | None:
    """The requantiser or PE that a cell belongs to."""
    if found := _REQUANTISER.search(name):
        return "requantiser", int(found[1])
    found = _PE.search(name)
    return ("pe", int(found[1])) if found else None


def _position(place: str) -> tuple[int, int]:
    x, y, *_ = _NUMBERS.findall(place)
    return int(x), int(y)


def _in_order(names: Sequence[str]) -> list[str]:
    """PE by PE, each requantiser's in the middle of its PEs'."""
    owners = {name: owner for name in names if (owner := _owner(name)) is not None}
    pes = {name: index for name, (kind, index) in owners.items() if kind == "pe"}
    requantisers = {name: index for name, (kind, index) in owners.items() if kind == "requantiser"}
    if not pes or len(owners) < len(names):
        return []
    share = (max(pes.values()) + 1) / (max(requantisers.values(), default=0) + 1)
    keys = {name: float(pe) for name, pe in pes.items()}
    keys |= {name: (index + 0.5) * share - 0.5 for name, index in requantisers.items()}
    return sorted(names, key=lambda name: (keys[name], name in requantisers, [int(n) for n in _NUMBERS.findall(name)]))
