"""Registers that move into block RAMs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hwgen.flow.synth.block_registers import pack_output_registers, packed_ports

CLOCK = 2


def ram(width: int = 36, **connections: list[Any]) -> dict[str, Any]:
    """A RAM whose port B reads two bits: 10 on DOB0, 11 on DOA3 in the wide form, else on DOB3."""
    second = "DOA3" if width == 36 else "DOB3"
    wires = {"DOB0": [10], second: [11], "CLKB": [CLOCK], "CEB": ["1"], "OCEB": ["1"]} | connections
    return {
        "type": "DP16KD",
        "parameters": {
            "DATA_WIDTH_A": f"{width:032b}",
            "DATA_WIDTH_B": f"{width:032b}",
            "REGMODE_A": "NOREG",
            "REGMODE_B": "NOREG",
            "CLKBMUX": "CLKB",
        },
        "port_directions": {port: "output" if port.startswith("DO") else "input" for port in wires},
        "connections": wires,
    }


def flip_flop(data: int, q: int, parameters: dict[str, str] | None = None, **connections: list[Any]) -> dict[str, Any]:
    wires = {"CLK": [CLOCK], "DI": [data], "LSR": ["0"], "Q": [q]} | connections
    return {
        "type": "TRELLIS_FF",
        "parameters": {"CEMUX": "1 ", "CLKMUX": "CLK", "LSRMUX": "LSR"} | (parameters or {}),
        "port_directions": {port: "output" if port == "Q" else "input" for port in wires},
        "connections": wires,
    }


def adder(data: int) -> dict[str, Any]:
    return {"type": "CCU2C", "parameters": {}, "port_directions": {"A0": "input"}, "connections": {"A0": [data]}}


def choice(a: int, b: int, select: int, z: int) -> dict[str, Any]:
    directions = {"A": "input", "B": "input", "C": "input", "Z": "output"}
    wires = {"A": [a], "B": [b], "C": [select], "Z": [z]}
    parameters = {"INIT": "1100101011001010"}
    return {"type": "LUT4", "parameters": parameters, "port_directions": directions, "connections": wires}


@pytest.mark.parametrize("width", [36, 18, 9])
def test_both_registers_become_the_ports_and_their_outputs_stay(width: int) -> None:
    cells = {"ram": ram(width), "a": flip_flop(10, 20), "b": flip_flop(11, 21), "user": adder(20)}
    assert packed_ports(cells, set()) == 1
    assert set(cells) == {"ram", "user"}
    second = "DOA3" if width == 36 else "DOB3"
    assert (cells["ram"]["connections"]["DOB0"], cells["ram"]["connections"][second]) == ([20], [21])
    upper = "OUTREG" if width == 36 else "NOREG"
    assert (cells["ram"]["parameters"]["REGMODE_A"], cells["ram"]["parameters"]["REGMODE_B"]) == (upper, "OUTREG")
    assert cells["ram"]["connections"]["OCEB"] == ["1"]
    assert cells["ram"]["connections"].get("OCEA") == (["1"] if width == 36 else None)


KEPT: dict[str, dict[str, Any]] = {
    "another reader": {"ram": ram(), "a": flip_flop(10, 20), "b": flip_flop(11, 21), "user": adder(10)},
    "logic behind one bit": {"ram": ram(), "a": flip_flop(10, 20), "b": adder(11)},
    "an enabled register": {
        "ram": ram(), "a": flip_flop(10, 20), "b": flip_flop(11, 21, {"CEMUX": "CE"}, CE=[5]),
    },
    "a register with a reset": {"ram": ram(), "a": flip_flop(10, 20), "b": flip_flop(11, 21, LSR=[6])},
    "another clock": {"ram": ram(), "a": flip_flop(10, 20), "b": flip_flop(11, 21, CLK=[7])},
    "the falling edge": {"ram": ram(), "a": flip_flop(10, 20), "b": flip_flop(11, 21, {"CLKMUX": "INV"})},
    "a reset by the data": {"ram": ram(), "a": flip_flop(10, 20), "b": flip_flop(12, 21, LSR=[11])},
    "a narrow read port of a wide write port": {
        "ram": {**ram(18), "parameters": {"DATA_WIDTH_A": "100100", "DATA_WIDTH_B": "10010"}},
        "a": flip_flop(10, 20),
        "b": flip_flop(11, 21),
    },
    "a read enable": {"ram": ram(CEB=[8]), "a": flip_flop(10, 20), "b": flip_flop(11, 21)},
    "an output of the module": {"ram": ram(), "a": flip_flop(10, 20), "b": flip_flop(11, 21), "out": {}},
}  # fmt: skip


@pytest.mark.parametrize("why", KEPT)
def test_all_registers_stay_where_one_cannot_move(why: str) -> None:
    cells = json.loads(json.dumps(KEPT[why]))
    outputs = {11} if cells.pop("out", None) is not None else set()
    before = json.dumps(cells)
    assert packed_ports(cells, outputs) == 0
    assert json.dumps(cells) == before


def two_blocks() -> dict[str, dict[str, Any]]:
    """A memory of two blocks, of whose bits the register 9 chooses; 30 and 31 are its registered outputs."""
    return {
        "low": ram(18),
        "high": ram(18, DOB0=[12], DOB3=[13]),
        "first": choice(10, 12, 9, 20),
        "second": choice(11, 13, 9, 21),
        "a": flip_flop(20, 30),
        "b": flip_flop(21, 31),
        "select": flip_flop(8, 9),
    }


def test_registers_behind_the_multiplexers_of_several_blocks_move_and_the_choice_is_delayed() -> None:
    cells = two_blocks()
    assert packed_ports(cells, set()) == 2
    (delay,) = cells.keys() - {"low", "high", "first", "second", "select"}
    assert cells[delay]["connections"]["DI"] == [9]
    (late,) = cells[delay]["connections"]["Q"]
    assert late not in range(8, 32)
    for name, inputs, output in (("first", [10, 12, late], 30), ("second", [11, 13, late], 31)):
        wires = cells[name]["connections"]
        assert ([wires[pin][0] for pin in "ABC"], wires["Z"]) == (inputs, [output])
    assert {cells[name]["parameters"]["REGMODE_B"] for name in ("low", "high")} == {"OUTREG"}


@pytest.mark.parametrize("change", ["a reader between", "one block does not always read", "more selects than ends"])
def test_a_memory_of_several_blocks_stays_as_it_is(change: str) -> None:
    cells = two_blocks()
    if change == "a reader between":
        cells["user"] = adder(21)
    elif change == "one block does not always read":
        cells["high"]["connections"]["CEB"] = [7]
    else:
        cells["first"]["connections"]["D"], cells["second"]["connections"]["D"] = [5], [6]
        for name in ("first", "second"):
            cells[name]["port_directions"]["D"] = "input"
    before = json.dumps(cells)
    assert packed_ports(cells, set()) == 0
    assert json.dumps(cells) == before


def test_a_port_that_nobody_reads_is_left_alone() -> None:
    cells = {"ram": ram()}
    assert packed_ports(cells, set()) == 0
    assert cells["ram"]["parameters"]["REGMODE_B"] == "NOREG"


def test_the_netlist_is_rewritten(tmp_path: Path) -> None:
    cells = {"ram": ram(), "a": flip_flop(10, 20), "b": flip_flop(11, 21)}
    ports = {"q": {"direction": "output", "bits": [20, 21]}}
    file = tmp_path / "netlist.json"
    file.write_text(json.dumps({"modules": {"top": {"ports": ports, "cells": cells}}}), encoding="utf-8")
    assert pack_output_registers(file) == 1
    assert set(json.loads(file.read_text(encoding="utf-8"))["modules"]["top"]["cells"]) == {"ram"}
