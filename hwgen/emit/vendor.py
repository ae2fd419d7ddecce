"""The Verilog of the vendor cells, one self-contained file per device family.

Every family has the modules of docs/architecture.md, section 4 (hwgen_rom, hwgen_ram, hwgen_ram_be, hwgen_queue_ram,
hwgen_mul_lanes, hwgen_sum_lanes, hwgen_addsub_lanes, hwgen_sum_either_lanes, hwgen_mul, hwgen_copy), of the same ports
and latency. A family's own files come first; what they leave out is taken from the inferred cells of
``cells_generic.v``.
"""

from __future__ import annotations

import re
from importlib import resources

PARTS: dict[str, tuple[str, ...]] = {
    "generic": (),
    "ecp5": ("cells_ecp5.v", "dsp_lanes.v", "split_mul.v"),
    "gowin": ("cells_gowin.v", "dsp_lanes.v", "split_mul.v"),
    "ice40": ("cells_ice40.v", "split_mul.v"),
    "xilinx": ("cells_xilinx.v",),
}
"""Resource files per family, in the order of the text."""

FAMILIES = tuple(PARTS)

_MODULE = re.compile(r"^module (\w+)", re.MULTILINE)
_BEFORE_MODULE = re.compile(r"^(?=//[^\n]*\nmodule )", re.MULTILINE)


def _resource(name: str) -> str:
    return (resources.files("hwgen.emit") / "cells" / name).read_text(encoding="utf-8")


def cells_source(family: str) -> str:
    """Text of ``rtl/cells_FAMILY.v``: every cell exactly once."""
    own = "\n".join(_resource(name) for name in PARTS[family])
    present = set(_MODULE.findall(own))
    header, *modules = _BEFORE_MODULE.split(_resource("cells_generic.v"))
    missing = [text for text in modules if not present.intersection(_MODULE.findall(text))]
    return own + ("\n" if own else "") + header + "".join(missing)
