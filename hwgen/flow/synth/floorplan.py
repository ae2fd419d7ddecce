"""Where the multipliers of a core stand on the device.

Left to itself, nextpnr puts a PE's multipliers wherever the rows of multiplier blocks have room, and the PE's
accumulators end up a quarter of the device away. Here the PEs take the blocks in order, row by row and back again, in
the middle of the rows; a requantiser's multipliers stand between those of the PEs that it serves.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BEL = "BEL"
"""The attribute that fixes a cell's place for nextpnr."""

_PE = re.compile(r"\bpe_(\d+)\.")
_REQUANTISER = re.compile(r"\brequantiser_(\d+)\.")
_NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True, kw_only=True)
class MultiplierSites:
    """The places for cells of the type ``cell``: rows, each from left to right, by the names that nextpnr knows."""

    cell: str
    rows: tuple[tuple[str, ...], ...]


def _ecp5_rows(heights: Sequence[int], columns: Sequence[int]) -> tuple[tuple[str, ...], ...]:
    """Four multipliers from each of ``columns``: two neighbours, and two more three columns further right."""
    places = [(column + offset, site) for column in columns for offset, site in ((0, 0), (1, 1), (4, 4), (5, 5))]
    return tuple(tuple(f"X{x}/Y{y}/MULT18_{site}" for x, site in places) for y in heights)


ECP5_SITES = {
    "25k": MultiplierSites(cell="MULT18X18D", rows=_ecp5_rows([13], [4, 13, 22, 33, 42, 51, 60])),
    "45k": MultiplierSites(cell="MULT18X18D", rows=_ecp5_rows([22, 46], [4, 13, 22, 31, 42, 51, 60, 69, 78])),
    "85k": MultiplierSites(
        cell="MULT18X18D",
        rows=_ecp5_rows([10, 34, 58], [4, 13, 22, 31, 40, 49, 58, 69, 78, 87, 96, 105, 114]),
    ),
}
"""Of the LFE5U devices, as nextpnr's chip database has them."""


def place_multipliers(netlist: Path, sites: MultiplierSites) -> int:
    """Fix the multipliers in ``netlist`` (Yosys JSON) to places; how many. None, where there are more than places."""
    design = json.loads(netlist.read_text(encoding="utf-8"))
    placed = 0
    for module in design["modules"].values():
        cells: dict[str, Any] = module["cells"]
        places = assigned([name for name, cell in cells.items() if cell["type"] == sites.cell], sites.rows)
        for name, place in places.items():
            cells[name].setdefault("attributes", {})[BEL] = place
        placed += len(places)
    if placed:
        netlist.write_text(json.dumps(design), encoding="utf-8")
    return placed


def assigned(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Mapping[str, str]:
    """A place for each of the cells, by their names in the hierarchy; empty where one has no PE, or the places run out.

    The cells are shared out evenly over the rows.
    """
    order = _in_order(names)
    width = -(-len(order) // len(rows))
    if not order or width > min(len(row) for row in rows):
        return {}
    places: list[str] = []
    for index, row in enumerate(rows):
        left = (len(row) - width) // 2
        middle = row[left : left + width]
        places += middle[::-1] if index % 2 else middle
    return dict(zip(order, places, strict=False))


def _in_order(names: Sequence[str]) -> list[str]:
    """PE by PE, each requantiser's in the middle of its PEs'."""
    pes = {name: int(found[1]) for name in names if (found := _PE.search(name))}
    requantisers = {name: int(found[1]) for name in names if (found := _REQUANTISER.search(name))}
    if not pes or len(pes) + len(requantisers) < len(names):
        return []
    share = (max(pes.values()) + 1) / (max(requantisers.values(), default=0) + 1)
    keys = {name: float(pe) for name, pe in pes.items()}
    keys |= {name: (index + 0.5) * share - 0.5 for name, index in requantisers.items()}
    return sorted(names, key=lambda name: (keys[name], name in requantisers, [int(n) for n in _NUMBERS.findall(name)]))
