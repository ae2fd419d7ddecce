"""The registers behind block RAMs, moved into them.

ECP5's DP16KD has an output register; Yosys sets none and nextpnr packs none, so that a word leaves the array (5.8 ns)
and crosses wires to flip-flops in one cycle. Where all that a read port delivers goes to plain flip-flops of the same
clock, the port's register takes their place: the same values in the same cycles. Between port and flip-flops may stand
the multiplexers of a memory of several blocks: they follow the registers then, and what selects is delayed instead
(retiming; Leiserson and Saxe, Retiming synchronous circuitry, 1991).

The wide form (36 bits, one port writes, one reads) delivers half of its word on the outputs of port A and needs both
ports' registers, which the read clock drives. That is how nextpnr translates the vendor's PDPW16KD with REGMODE OUTREG
(nextpnr pull request 789; both give the same configuration: tests/flow/synth/test_block_registers.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RAM, FLIP_FLOP = "DP16KD", "TRELLIS_FF"
MULTIPLEXERS = frozenset({"LUT4", "PFUMX", "L6MUX21"})
FROM_LUTS = {"PFUMX": ("ALUT", "BLUT"), "L6MUX21": ("D0", "D1")}
"""Pins that stand in a slice with what drives them: a flip-flop cannot."""
WIDE = 36
HALF = 18

Cells = dict[str, dict[str, Any]]


@dataclass
class _Port:
    """A read port: its cell, the clock's side, its outputs, and whose registers they take."""

    ram: str
    side: str
    outputs: list[str]
    modes: str


@dataclass
class _Group:
    """Read ports with common logic behind them: that logic, and the flip-flops at its end."""

    ports: list[_Port] = field(default_factory=list)
    logic: set[str] = field(default_factory=set)
    ends: set[str] = field(default_factory=set)


def pack_output_registers(netlist: Path) -> int:
    """Rewrite ``netlist`` (Yosys JSON); how many read ports got a register."""
    design = json.loads(netlist.read_text(encoding="utf-8"))
    packed = sum(packed_ports(module["cells"], _outputs(module)) for module in design["modules"].values())
    if packed:
        netlist.write_text(json.dumps(design), encoding="utf-8")
    return packed


def packed_ports(cells: Cells, outputs: set[int]) -> int:
    """Change ``cells``; ``outputs`` are the bits that leave the module."""
    readers: dict[int, list[tuple[str, str]]] = {bit: [("", "")] for bit in outputs}
    for name, cell in cells.items():
        for pin, bits in cell["connections"].items():
            if cell["port_directions"][pin] == "input":
                for bit in bits:
                    readers.setdefault(bit, []).append((name, pin))
    groups: list[_Group] = []
    for port in [port for name, cell in cells.items() if cell["type"] == RAM for port in _read_ports(name, cell)]:
        group = _behind(cells, port, readers)
        if group.ends or group.logic:
            joined = [other for other in groups if other.logic & group.logic or other.ends & group.ends]
            for other in joined:
                groups.remove(other)
                group.ports += other.ports
                group.logic |= other.logic
                group.ends |= other.ends
            groups.append(group)
    drivers = {bit: name for name, cell in cells.items() for bit in _output(cell) if isinstance(bit, int)}
    for group in groups:
        _absorb(cells, group, readers, drivers)
    packed = 0
    following = 1 + max(_bits(cells), default=0)
    for group in groups:
        others = _others(cells, group)
        if all(_movable(cells, port, group) for port in group.ports) and len(others) <= len(group.ends):
            following = _move(cells, group, others, following)
            packed += len(group.ports)
    return packed


def _read_ports(name: str, ram: Mapping[str, Any]) -> Iterator[_Port]:
    halves = {side: [f"DO{side}{bit}" for bit in range(HALF)] for side in "AB"}
    wide = [_number(ram["parameters"][f"DATA_WIDTH_{side}"]) == WIDE for side in "AB"]
    if all(wide):
        yield _Port(name, "B", halves["A"] + halves["B"], "AB")
    elif not any(wide):
        for side, outputs in halves.items():
            yield _Port(name, side, outputs, side)


def _behind(cells: Cells, port: _Port, readers: Mapping[int, list[tuple[str, str]]]) -> _Group:
    """Multiplexers and flip-flops that the port's outputs reach; "" among the ends, where something else reads them."""
    group = _Group(ports=[port])
    left = [bit for pin in port.outputs for bit in cells[port.ram]["connections"].get(pin, [])]
    while left:
        found = readers.get(left.pop(), [])
        for name, pin in found:
            kind = cells[name]["type"] if name else ""
            if kind in MULTIPLEXERS:
                if name not in group.logic:
                    group.logic.add(name)
                    left += _output(cells[name])
            elif kind == FLIP_FLOP and pin == "DI" and len(found) == 1:
                group.ends.add(name)
            else:
                group.ends.add("")
    return group


def _absorb(
    cells: Cells, group: _Group, readers: Mapping[int, list[tuple[str, str]]], drivers: Mapping[int, str]
) -> None:
    """Take in what drives a multiplexer of the group inside its slice, though no port is behind it."""
    left = sorted(group.logic)
    while left:
        cell = cells[left.pop()]
        for pin in FROM_LUTS.get(cell["type"], ()):
            bit = cell["connections"][pin][0]
            driver = drivers.get(bit, "")
            if not driver or driver in group.logic:
                continue
            if cells[driver]["type"] in MULTIPLEXERS and all(name in group.logic for name, _ in readers[bit]):
                group.logic.add(driver)
                left.append(driver)
            else:
                group.ends.add("")


def _movable(cells: Cells, port: _Port, group: _Group) -> bool:
    """The port always reads, and its clock is that of the flip-flops, which are plain ones."""
    connections, parameters = cells[port.ram]["connections"], cells[port.ram]["parameters"]
    side = port.side
    return (
        connections.get(f"CE{side}") == ["1"]
        and connections.get(f"OCE{side}") == ["1"]
        and parameters.get(f"CLK{side}MUX", f"CLK{side}") == f"CLK{side}"
        and all(name and _plain(cells[name], connections[f"CLK{side}"]) for name in group.ends)
    )


def _plain(cell: Mapping[str, Any], clock: list[Any]) -> bool:
    """A flip-flop of that clock, rising edge, always enabled, never reset."""
    parameters, connections = cell["parameters"], cell["connections"]
    return (
        cell["type"] == FLIP_FLOP
        and connections.get("CLK") == clock
        and parameters.get("CLKMUX", "CLK").strip() == "CLK"
        and parameters.get("CEMUX", "1").strip() == "1"
        and connections.get("LSR", ["0"]) == ["0"]
    )


def _others(cells: Cells, group: _Group) -> set[int]:
    """What the logic reads besides the ports: to be delayed."""
    own = {bit for port in group.ports for pin in port.outputs for bit in cells[port.ram]["connections"].get(pin, [])}
    own |= {bit for name in group.logic for bit in _output(cells[name])}
    return {bit for name in group.logic for bit in _inputs(cells[name]) if isinstance(bit, int)} - own


def _move(cells: Cells, group: _Group, others: set[int], following: int) -> int:
    """Carry it out; bits from ``following`` on are free, and the first free one after that is returned."""
    renamed = {cells[end]["connections"]["DI"][0]: cells[end]["connections"]["Q"][0] for end in group.ends}
    end = sorted(group.ends)[0]
    for bit in sorted(others):
        register = json.loads(json.dumps(cells[end]))
        register["connections"] |= {"DI": [bit], "Q": [following]}
        cells[f"{end}_select_{following}"] = register
        renamed[bit] = following
        following += 1
    for name in group.logic | {port.ram for port in group.ports}:
        connections = cells[name]["connections"]
        pins = {pin for port in group.ports if port.ram == name for pin in port.outputs}
        for pin in pins & connections.keys() if pins else connections:
            connections[pin] = [renamed.get(bit, bit) for bit in connections[pin]]
    for name in group.ends:
        del cells[name]
    for port in group.ports:
        cells[port.ram]["parameters"] |= {f"REGMODE_{mode}": "OUTREG" for mode in port.modes}
        # Yosys ties the wide form's unused OCEA low, which would stop its half.
        cells[port.ram]["connections"] |= {f"OCE{mode}": ["1"] for mode in port.modes}
    return following


def _inputs(cell: Mapping[str, Any]) -> Iterator[Any]:
    for pin, bits in cell["connections"].items():
        if cell["port_directions"][pin] == "input":
            yield from bits


def _output(cell: Mapping[str, Any]) -> list[Any]:
    ways = cell["port_directions"]
    return [bit for pin, bits in cell["connections"].items() if ways[pin] == "output" for bit in bits]


def _bits(cells: Cells) -> Iterator[int]:
    for cell in cells.values():
        for bits in cell["connections"].values():
            yield from (bit for bit in bits if isinstance(bit, int))


def _outputs(module: Mapping[str, Any]) -> set[int]:
    return {bit for port in module["ports"].values() if port["direction"] != "input" for bit in port["bits"]}


def _number(text: str | int) -> int:
    return int(text, 2) if isinstance(text, str) else text
