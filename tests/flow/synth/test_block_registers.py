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
        "parameters": {"DATA_WIDTH_B": f"{width:032b}", "REGMODE_A": "NOREG", "REGMODE_B": "NOREG", "CLKBMUX": "CLKB"},
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


def lut(data: int) -> dict[str, Any]:
    return {"type": "LUT4", "parameters": {}, "port_directions": {"A": "input"}, "connections": {"A": [data]}}


@pytest.mark.parametrize("width", [36, 18, 9])
def test_both_registers_become_the_ports_and_their_outputs_stay(width: int) -> None:
    cells = {"ram": ram(width), "a": flip_flop(10, 20), "b": flip_flop(11, 21), "user": lut(20)}
    assert packed_ports(cells, set()) == 1
    assert set(cells) == {"ram", "user"}
    second = "DOA3" if width == 36 else "DOB3"
    assert (cells["ram"]["connections"]["DOB0"], cells["ram"]["connections"][second]) == ([20], [21])
    assert (cells["ram"]["parameters"]["REGMODE_A"], cells["ram"]["parameters"]["REGMODE_B"]) == ("NOREG", "OUTREG")


KEPT: dict[str, dict[str, Any]] = {
    "another reader": {"ram": ram(), "a": flip_flop(10, 20), "b": flip_flop(11, 21), "user": lut(10)},
    "logic behind one bit": {"ram": ram(), "a": flip_flop(10, 20), "b": lut(11)},
    "an enabled register": {
        "ram": ram(), "a": flip_flop(10, 20), "b": flip_flop(11, 21, {"CEMUX": "CE"}, CE=[5]),
    },
    "a register with a reset": {"ram": ram(), "a": flip_flop(10, 20), "b": flip_flop(11, 21, LSR=[6])},
    "another clock": {"ram": ram(), "a": flip_flop(10, 20), "b": flip_flop(11, 21, CLK=[7])},
    "the falling edge": {"ram": ram(), "a": flip_flop(10, 20), "b": flip_flop(11, 21, {"CLKMUX": "INV"})},
    "a reset by the data": {"ram": ram(), "a": flip_flop(10, 20), "b": flip_flop(12, 21, LSR=[11])},
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
