"""Registers that move into block RAMs."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hwgen.emit.vendor import cells_source
from hwgen.flow.netlist import MODELS
from hwgen.flow.synth.block_registers import pack_output_registers, packed_ports
from hwgen.flow.tools import SYNTHESIS, verilator_environment
from hwgen.flow.yosys import run_script, share

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


def pair(a: int, b: int, select: int, z: int) -> dict[str, Any]:
    """The multiplexer of a slice's two LUTs."""
    directions = {"ALUT": "input", "BLUT": "input", "C0": "input", "Z": "output"}
    wires = {"ALUT": [a], "BLUT": [b], "C0": [select], "Z": [z]}
    return {"type": "PFUMX", "parameters": {}, "port_directions": directions, "connections": wires}


def beside_a_lut() -> dict[str, dict[str, Any]]:
    """Of a slice's two LUTs only one reads the memory; its multiplexer takes either."""
    return {
        "ram": ram(),
        "read": choice(10, 10, 9, 20),
        "side": choice(9, 9, 9, 21),
        "slice": pair(20, 21, 5, 22),
        "a": flip_flop(22, 30),
        "b": flip_flop(11, 31),
    }


def test_the_other_lut_of_a_slice_moves_too() -> None:
    """A register between it and the slice's multiplexer could not be packed."""
    cells = beside_a_lut()
    assert packed_ports(cells, set()) == 1
    delayed = {
        cell["connections"]["DI"][0]: cell["connections"]["Q"][0]
        for cell in cells.values()
        if "DI" in cell["connections"]
    }
    assert set(delayed) == {5, 9}
    assert cells["side"]["connections"] == {"A": [delayed[9]], "B": [delayed[9]], "C": [delayed[9]], "Z": [21]}
    assert cells["slice"]["connections"] == {"ALUT": [20], "BLUT": [21], "C0": [delayed[5]], "Z": [30]}


def test_a_lut_of_the_slice_that_others_read_keeps_the_memory_as_it_is() -> None:
    cells = beside_a_lut() | {"user": adder(21)}
    before = json.dumps(cells)
    assert packed_ports(cells, set()) == 0
    assert json.dumps(cells) == before


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


MEMORIES = """
module NAME (input clk, input [11:0] ra, input [11:0] wa, input [35:0] wd, input [7:0] we,
             output [31:0] weights, output [23:0] pointers, output [63:0] bank, output [35:0] wide,
             output [8:0] narrow);
    hwgen_rom #(.WIDTH(32), .DEPTH(1254), .ADDR_BITS(11), .INIT("weights.mem"), .STYLE("block"))
        a (.clk(clk), .addr(ra[10:0]), .data(weights));
    hwgen_rom #(.WIDTH(24), .DEPTH(700), .ADDR_BITS(10), .INIT("pointers.mem"), .STYLE("block"))
        b (.clk(clk), .addr(ra[9:0]), .data(pointers));
    hwgen_ram_be #(.UNIT(8), .UNITS(8), .DEPTH(256), .ADDR_BITS(8), .STYLE("block"))
        c (.clk(clk), .raddr(ra[7:0]), .rdata(bank), .wen(we), .waddr(wa[7:0]), .wdata(wd[7:0]));
    hwgen_ram #(.WIDTH(36), .DEPTH(600), .ADDR_BITS(10), .INIT(""), .STYLE("block"))
        d (.clk(clk), .raddr(ra[9:0]), .rdata(wide), .wen(we[0]), .waddr(wa[9:0]), .wdata(wd));
    hwgen_ram #(.WIDTH(9), .DEPTH(2048), .ADDR_BITS(11), .INIT(""), .STYLE("block"))
        e (.clk(clk), .raddr(ra[10:0]), .rdata(narrow), .wen(we[1]), .waddr(wa[10:0]), .wdata(wd[8:0]));
endmodule
"""
BENCH = """
module bench;
    reg clk = 0;
    always #5 clk = ~clk;
    reg [11:0] ra = 0, wa = 1;
    reg [35:0] wd = 0;
    reg [7:0] we = 0;
    wire [164:0] plain, mapped;
    memories p (clk, ra, wa, wd, we, plain[31:0], plain[55:32], plain[119:56], plain[155:120], plain[164:156]);
    mapped m (clk, ra, wa, wd, we, mapped[31:0], mapped[55:32], mapped[119:56], mapped[155:120], mapped[164:156]);
    integer cycle, errors = 0, different = 0;
    reg [164:0] last = 0;
    initial begin
        for (cycle = 0; cycle < 6000; cycle = cycle + 1) begin
            @(negedge clk);
            if (cycle > 3 && plain !== mapped) begin
                errors = errors + 1;
                if (errors < 5) $display("%0d: %h %h", cycle, plain, mapped);
            end
            if (plain !== last) different = different + 1;
            last = plain;
            // Inside every memory; the written address is not the read one in any of them.
            ra = $urandom_range(599);
            wa = {ra[11:1] ^ 11'd1, ra[0]} ^ ($urandom & 12'd60);
            if (wa[7:0] == ra[7:0] || wa > 599) wa = ra ^ 12'd1;
            wd = {$urandom, $urandom};
            we = $urandom;
        end
        $display("errors %0d, changes %0d", errors, different);
        $finish;
    end
endmodule
"""


def test_mapped_memories_answer_in_the_same_cycle_as_before(tmp_path: Path) -> None:
    """ROMs and RAMs of one block and of several, narrow, wide and written by units: Yosys' netlist in simulation."""
    draw = random.Random(0)
    for name, bits, words in (("weights", 32, 1254), ("pointers", 24, 700)):
        text = "".join(f"{draw.getrandbits(bits):x}\n" for _ in range(words))
        (tmp_path / f"{name}.mem").write_text(text, encoding="utf-8")
    (tmp_path / "ecp5.v").write_text(cells_source("ecp5") + MEMORIES.replace("NAME", "mapped"), encoding="utf-8")
    plain = cells_source("generic") + MEMORIES.replace("NAME", "memories") + BENCH
    (tmp_path / "plain.v").write_text(plain, encoding="utf-8")
    passes = ["read_verilog ecp5.v", "synth_ecp5 -top mapped", "select mapped", "write_json -selected core.json"]
    run_script(passes, cwd=tmp_path, log=tmp_path / "synth.log", install=SYNTHESIS)
    cells = json.loads((tmp_path / "core.json").read_text(encoding="utf-8"))["modules"]["mapped"]["cells"]
    rams = sum(cell["type"] == "DP16KD" for cell in cells.values())
    assert pack_output_registers(tmp_path / "core.json") == rams > 8
    back = [
        "read_json core.json",
        *(f"read_verilog -overwrite {share(SYNTHESIS) / file}" for file in MODELS["ecp5-25k"]),
        "hierarchy -top mapped", "proc", "flatten", "opt_expr", "opt_clean", "opt_mem", "opt_clean",
        "write_verilog -noattr mapped.v",
    ]  # fmt: skip
    run_script(back, cwd=tmp_path, log=tmp_path / "back.log", install=SYNTHESIS)
    build = ["verilator", "--binary", "--timing", "--top-module", "bench", "-Wno-fatal", "-Wno-lint", "-Wno-style",
             "-CFLAGS", "-std=c++20 -O0", "plain.v", "mapped.v"]  # fmt: skip
    environment = verilator_environment()
    built = subprocess.run(build, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    ran = subprocess.run(["obj_dir/Vbench"], cwd=tmp_path, capture_output=True, text=True, check=True)
    errors, changes = (int(part.split()[-1]) for part in ran.stdout.splitlines()[0].split(","))
    assert errors == 0, ran.stdout
    assert changes > 5000
