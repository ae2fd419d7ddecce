"""The registers behind block RAMs, moved into them.

ECP5's DP16KD has an output register; Yosys sets none and nextpnr packs none, so that a word leaves the array (5.8 ns)
and crosses wires to flip-flops in one cycle. Where every bit that a read port delivers goes to one plain flip-flop of
the same clock and nowhere else, the port's register takes their place: the same values in the same cycles.

The wide form (36 bits, one port reads) has its register in port B, and its upper half on the outputs of port A: so
nextpnr packs the vendor's PDPW16KD (Lattice FPGA-TN-02204, ECP5 memory usage guide: OUTREG).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RAM, FLIP_FLOP = "DP16KD", "TRELLIS_FF"
WIDE = 36
HALF = 18

Cells = dict[str, dict[str, Any]]


def pack_output_registers(netlist: Path) -> int:
    """Rewrite ``netlist`` (Yosys JSON); how many read ports got a register."""
    design = json.loads(netlist.read_text(encoding="utf-8"))
    packed = sum(packed_ports(module["cells"], _outputs(module)) for module in design["modules"].values())
    if packed:
        netlist.write_text(json.dumps(design), encoding="utf-8")
    return packed


def packed_ports(cells: Cells, outputs: set[int]) -> int:
    """Change ``cells``; ``outputs`` are the bits that leave the module."""
    sinks: dict[int, list[tuple[str, str]]] = {}
    for name, cell in cells.items():
        for port, bits in cell["connections"].items():
            if cell["port_directions"][port] == "input":
                for bit in bits:
                    sinks.setdefault(bit, []).append((name, port))
    packed = 0
    for name in [name for name, cell in cells.items() if cell["type"] == RAM]:
        for side, ports in _read_ports(cells[name]):
            registers = _registers(cells, name, side, ports, sinks, outputs)
            for port, register in registers.items():
                cells[name]["connections"][port] = cells[register]["connections"]["Q"]
                del cells[register]
            if registers:
                cells[name]["parameters"][f"REGMODE_{side}"] = "OUTREG"
                packed += 1
    return packed


def _read_ports(ram: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Side of each read port, and its outputs."""
    halves = {side: [f"DO{side}{bit}" for bit in range(HALF)] for side in "AB"}
    if _number(ram["parameters"]["DATA_WIDTH_B"]) == WIDE:
        yield "B", halves["A"] + halves["B"]
    else:
        yield from halves.items()


def _registers(
    cells: Cells, ram: str, side: str, ports: list[str], sinks: dict[int, list[tuple[str, str]]], outputs: set[int]
) -> dict[str, str]:
    """The flip-flop behind each output that is read, or none if one of them cannot be moved."""
    connections = cells[ram]["connections"]
    enabled = connections.get(f"CE{side}") == ["1"] and connections.get(f"OCE{side}") == ["1"]
    if not enabled or cells[ram]["parameters"].get(f"CLK{side}MUX", f"CLK{side}") != f"CLK{side}":
        return {}
    found = {}
    for port in ports:
        for bit in connections.get(port, []):
            if bit in outputs:
                return {}
            readers = sinks.get(bit, [])
            if not readers:
                continue
            name, pin = readers[0]
            if len(readers) > 1 or pin != "DI" or not _plain(cells[name], connections[f"CLK{side}"]):
                return {}
            found[port] = name
    return found


def _plain(cell: dict[str, Any], clock: list[Any]) -> bool:
    """A flip-flop of that clock, rising edge, always enabled, never reset."""
    parameters, connections = cell["parameters"], cell["connections"]
    return (
        cell["type"] == FLIP_FLOP
        and connections.get("CLK") == clock
        and parameters.get("CLKMUX", "CLK").strip() == "CLK"
        and parameters.get("CEMUX", "1").strip() == "1"
        and connections.get("LSR", ["0"]) == ["0"]
    )


def _outputs(module: dict[str, Any]) -> set[int]:
    return {bit for port in module["ports"].values() if port["direction"] != "input" for bit in port["bits"]}


def _number(text: str | int) -> int:
    return int(text, 2) if isinstance(text, str) else text
