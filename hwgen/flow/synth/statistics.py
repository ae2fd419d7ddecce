"""Cell counts of a mapped netlist, and what each memory became."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hwgen.flow.synth.targets import Recipe

FLIP_FLOP = re.compile(r"^\$_?(S|A|AL)?DFF", re.IGNORECASE)
FF_MAPPING = re.compile(r"^using FF mapping for memory (\S+)", re.MULTILINE)
# memory_libmap numbers the cells of one memory: MEMORY.0.0, MEMORY.0.1 ...
CELL_NUMBER = re.compile(r"(\.\d+)+(_.*)?$")


@dataclass(frozen=True, kw_only=True)
class Resources:
    """Cells of a netlist by kind."""

    lut: int
    ff: int
    dsp: int
    bram: int
    spram: int
    lutram: int


@dataclass(frozen=True)
class Memory:
    """One memory of the design and what it became: "block", "spram", "lutram" or "logic" (flip-flops, ROMs in LUTs)."""

    name: str
    kind: str
    cells: int


def resources(cells: Mapping[str, int], recipe: Recipe) -> Resources:
    """Sum up cell counts by type (Yosys: ``stat -json``, num_cells_by_type) under the recipe's names."""

    def count(kinds: frozenset[str]) -> int:
        return sum(number for cell, number in cells.items() if cell in kinds)

    return Resources(
        lut=count(recipe.lut),
        ff=count(recipe.ff) + sum(number for cell, number in cells.items() if FLIP_FLOP.match(cell)),
        dsp=sum(recipe.dsp.get(cell, 0) * number for cell, number in cells.items()),
        bram=count(recipe.bram),
        spram=count(recipe.spram),
        lutram=count(recipe.lutram),
    )


def memories(netlist: Mapping[str, Any], log: str, recipe: Recipe) -> list[Memory]:
    """What became of each memory, by name.

    Block RAM, LUT RAM and SPRAM are counted in the flattened netlist (Yosys: ``write_json``, one module), where
    explicit vendor cells stand as well; what became logic is known from the log alone.
    """
    found: Counter[tuple[str, str]] = Counter()
    kinds = {"block": recipe.bram, "spram": recipe.spram, "lutram": recipe.lutram}
    for name, cell in netlist["cells"].items():
        for kind, types in kinds.items():
            if cell["type"] in types:
                found[CELL_NUMBER.sub("", name), kind] += 1
    listed = [Memory(name, kind, cells) for (name, kind), cells in found.items()]
    listed += [Memory(name.split(".", 1)[-1], "logic", 0) for name in dict.fromkeys(FF_MAPPING.findall(log))]
    return sorted(listed, key=lambda memory: memory.name)
