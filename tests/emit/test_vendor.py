"""The vendor cells: their arithmetic and latency in simulation, their mapping by Yosys, their lint.

Simulated are the texts that a core gets: those of a family against Yosys' own model of its multiplier (iCE40), or the
models in ``models/`` (ECP5, Gowin), beside plain Verilog products and memories.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyosys
import pytest
from pyosys import libyosys

import hwgen.flow
from hwgen.emit.vendor import FAMILIES, cells_source
from hwgen.flow.tools import verilator_environment

CELLS = (
    "hwgen_rom", "hwgen_ram", "hwgen_ram_be", "hwgen_mul_lanes", "hwgen_sum_lanes", "hwgen_addsub_lanes",
    "hwgen_sum_either_lanes", "hwgen_mul", "hwgen_copy",
)  # fmt: skip
MODELS = (Path(__file__).parent / "models", Path(hwgen.flow.__file__).parent / "models")
YOSYS_SHARE = Path(pyosys.__file__).parent / "share"

PORTS = {
    "hwgen_rom": (("addr", "ADDR_BITS"), ("data", "WIDTH")),
    "hwgen_ram": (("raddr", "ADDR_BITS"), ("wen", "1"), ("waddr", "ADDR_BITS"), ("wdata", "WIDTH"), ("rdata", "WIDTH")),
    "hwgen_ram_be": (
        ("raddr", "ADDR_BITS"), ("wen", "UNITS"), ("waddr", "ADDR_BITS"), ("wdata", "UNIT"), ("rdata", "UNIT * UNITS"),
    ),
    "hwgen_mul_lanes": (("a", "LANES * A_BITS"), ("b", "LANES * B_BITS"), ("p", "LANES * (A_BITS + B_BITS)")),
    "hwgen_sum_lanes": (
        ("first", "1"), ("a", "LANES * A_BITS"), ("b", "LANES * B_BITS"), ("s", "LANES * A_BITS"),
    ),
    "hwgen_addsub_lanes": (
        ("subtract", "1"), ("take", "1"), ("a", "LANES * BITS"), ("b", "LANES * BITS"), ("s", "LANES * BITS"),
    ),
    "hwgen_sum_either_lanes": (
        ("second", "1"), ("carry", "1"), ("a", "LANES * BITS"), ("b", "LANES * BITS"), ("c", "LANES * BITS"),
        ("s", "LANES * BITS"),
    ),
    "hwgen_mul": (("a", "A_BITS"), ("b", "B_BITS"), ("q", "A_BITS + B_BITS"), ("p", "A_BITS + B_BITS")),
    "hwgen_copy": (("d", "WIDTH"), ("q", "WIDTH")),
}  # fmt: skip
"""Ports beside clk with their widths; the last is the output, of hwgen_mul the last two."""
UNCLOCKED = ("hwgen_sum_lanes", "hwgen_addsub_lanes", "hwgen_sum_either_lanes")


@dataclass(frozen=True)
class Cell:
    """An instance to build: module name and parameters."""

    name: str
    parameters: dict[str, int | str]

    def width(self, text: str) -> int:
        return int(eval(text, {}, dict(self.parameters)))

    @property
    def directions(self) -> list[str]:
        outputs = 2 if self.name == "hwgen_mul" else 1
        return ["input"] * (len(PORTS[self.name]) - outputs) + ["output"] * outputs

    def instance(self, label: str) -> str:
        """Declarations of its ports, named ``label_PORT``, and the instance, clocked by clk."""
        kinds = zip(self.directions, PORTS[self.name], strict=True)
        wires = [
            f"{'reg' if way == 'input' else 'wire'} [{self.width(width) - 1}:0] {label}_{port};"
            for way, (port, width) in kinds
        ]
        values = ", ".join(
            f'.{key}("{value}")' if isinstance(value, str) else f".{key}({value})"
            for key, value in self.parameters.items()
        )
        clock = [] if self.name in UNCLOCKED else [".clk(clk)"]
        ports = ", ".join(clock + [f".{port}({label}_{port})" for port, _ in PORTS[self.name]])
        return "\n".join(wires) + f"\n{self.name} #({values}) {label} ({ports});\n"

    def wrapper(self, name: str = "top") -> str:
        """A module that is nothing but this cell."""
        kinds = zip(self.directions, PORTS[self.name], strict=True)
        ports = [f"{way} [{self.width(width) - 1}:0] u_{port}" for way, (port, width) in kinds]
        instance = self.instance("u").splitlines()[-1]
        return f"module {name}(input clk, {', '.join(ports)});\n{instance}\nendmodule\n"


def models(family: str) -> str:
    """Behavioural models of the blocks that a family's cells instantiate."""
    if family == "ice40":
        text = (YOSYS_SHARE / "ice40" / "cells_sim.v").read_text(encoding="utf-8")
        found = re.search(r"^module SB_MAC16 .*?^endmodule", text, re.MULTILINE | re.DOTALL)
        assert found
        return found[0] + "\n"
    lattice = YOSYS_SHARE / "lattice"
    chain = ""
    if family == "ecp5":
        common = (lattice / "common_sim.vh").read_text(encoding="utf-8")
        chain = (lattice / "ccu2c_sim.vh").read_text(encoding="utf-8")
        chain += "".join(re.findall(r"^module LUT[24]\(.*?^endmodule\n", common, re.MULTILINE | re.DOTALL))
    names = {"ecp5": ["MULT18X18D"], "gowin": ["MULT9X9", "MULT18X18"]}.get(family, [])
    files = [folder / f"{name}.v" for name in names for folder in MODELS]
    return chain + "".join(file.read_text(encoding="utf-8") for file in files if file.is_file())


def simulate(folder: Path, family: str, body: str) -> str:
    """What a self-checking test bench prints under Verilator."""
    (folder / "cells.v").write_text(cells_source(family), encoding="utf-8")
    (folder / "models.v").write_text(models(family), encoding="utf-8")
    bench = f"module bench;\nreg clk = 0;\nalways #5 clk = ~clk;\ninteger errors = 0, checks = 0;\n{body}\nendmodule\n"
    (folder / "bench.v").write_text(bench, encoding="utf-8")
    environment = verilator_environment()
    build = ["verilator", "--binary", "--timing", "--top-module", "bench", "-Wno-fatal", "-Wno-lint", "-Wno-style",
             "--x-initial", "unique", "-CFLAGS", "-std=c++20 -O0", "models.v", "cells.v", "bench.v"]  # fmt: skip
    compiled = subprocess.run(build, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert compiled.returncode == 0, compiled.stdout + compiled.stderr
    ran = subprocess.run(["obj_dir/Vbench"], cwd=folder, capture_output=True, text=True, check=True)
    return ran.stdout


def random_operand(label: str, port: str, bits: int) -> str:
    """Verilog that gives an operand extremes half of the time, else random bits."""
    words = ", ".join(["$random"] * (-(-bits // 32)))
    lowest, highest = f"{{1'b1, {{{bits - 1}{{1'b0}}}}}}", f"{{1'b0, {{{bits - 1}{{1'b1}}}}}}"
    if bits == 1:
        return f"{label}_{port} = $random;"
    choices = {"0": lowest, "1": highest, "2": "~0", "3": "0", "default": f"{{{words}}}"}
    cases = " ".join(f"{choice}: {label}_{port} = {value};" for choice, value in choices.items())
    return f"case ($random & 7) {cases} endcase"


def multiplier_bench(cells: list[Cell], cycles: int) -> str:
    """Every product of every cell against ``*``, at the cell's latency."""
    text = []
    for k, cell in enumerate(cells):
        label = f"m{k}"
        a_bits, b_bits = int(cell.parameters["A_BITS"]), int(cell.parameters["B_BITS"])
        lanes = int(cell.parameters.get("LANES", 1))
        latency = 2 if cell.name == "hwgen_mul_lanes" else 3
        p_bits = a_bits + b_bits
        text.append(cell.instance(label))
        if latency == 3:
            text.append(f"wire [{p_bits - 1}:0] sum_{label} = {label}_p + {label}_q;")
        for lane in range(lanes):
            a, b = f"{label}_a[{lane * a_bits} +: {a_bits}]", f"{label}_b[{lane * b_bits} +: {b_bits}]"
            got = f"{label}_p[{lane * p_bits} +: {p_bits}]" if latency == 2 else f"sum_{label}"
            name = f"{label}_{lane}"
            sign = f"1'b{cell.parameters.get('B_SIGNED', 1)}"
            text.append(f"""
reg signed [{a_bits - 1}:0] {name}_a; reg signed [{b_bits}:0] {name}_b;
reg signed [{p_bits - 1}:0] {name}_p [0:{latency}];
integer {name}_i;
always @(posedge clk) begin
  {name}_a = {a}; {name}_b = {{{sign} & {label}_b[{(lane + 1) * b_bits - 1}], {b}}};
  for ({name}_i = {latency - 1}; {name}_i > 0; {name}_i = {name}_i - 1)
    {name}_p[{name}_i] = {name}_p[{name}_i - 1];
  {name}_p[0] = {name}_a * {name}_b;
end
always @(negedge clk) if (cycle > {latency}) begin
  checks = checks + 1;
  if ({got} !== {name}_p[{latency - 1}]) begin
    errors = errors + 1;
    if (errors < 10)
      $display("{cell.name} {a_bits} x {b_bits} lane {lane}: %h, not %h", {got}, {name}_p[{latency - 1}]);
  end
end""")
        operands = [random_operand(label, port, lanes * bits) for port, bits in (("a", a_bits), ("b", b_bits))]
        text.append(f"always @(negedge clk) begin #1 {' '.join(operands)} end")
    header = "integer cycle = 0;\nalways @(posedge clk) cycle = cycle + 1;\n"
    footer = f'initial begin #{10 * cycles}; $display("checks %0d errors %0d", checks, errors); $finish; end\n'
    return header + "\n".join(text) + "\n" + footer


@pytest.mark.parametrize("family", ["generic", "ecp5", "gowin", "ice40"])
def test_products_and_their_latency(family: str, tmp_path: Path, rng: np.random.Generator) -> None:
    lanes = [(1, 8, 8), (2, 8, 8), (5, 8, 8), (3, 1, 1), (2, 9, 8), (3, 16, 16), (2, 2, 7)]
    wholes = [(1, 1), (16, 16), (17, 16), (18, 18), (19, 18), (19, 19), (33, 7), (7, 33), (48, 32), (26, 20), (24, 27)]
    lanes += [(int(rng.integers(1, 6)), *(int(v) for v in rng.integers(1, 17, 2))) for _ in range(4)]
    wholes += [(int(rng.integers(2, 49)), int(rng.integers(2, 33))) for _ in range(6)]
    cells = [Cell("hwgen_mul_lanes", {"LANES": n, "A_BITS": a, "B_BITS": b}) for n, a, b in lanes]
    cells += [Cell("hwgen_mul", {"A_BITS": a, "B_BITS": b}) for a, b in wholes]
    cells += [
        Cell("hwgen_mul", {"A_BITS": a, "B_BITS": b, "B_SIGNED": blocks % 2, "BLOCKS": blocks})
        for a, b in [(23, 26), (22, 22), (18, 18), (17, 16), (35, 20), wholes[-1]]
        for blocks in range(5)
    ]
    printed = simulate(tmp_path, family, multiplier_bench(cells, cycles=300))
    found = re.search(r"checks (\d+) errors (\d+)", printed)
    assert found, printed
    assert int(found[1]) > 290 * len(cells)
    assert int(found[2]) == 0, printed


def memory_bench(cells: list[Cell], cycles: int) -> str:
    """Random reads and writes of RAMs against an array, never reading the address being written."""
    text = []
    for k, cell in enumerate(cells):
        label = f"r{k}"
        parameters = cell.parameters
        units, unit = (int(parameters.get("UNITS", 1)), int(parameters.get("UNIT", parameters.get("WIDTH", 0))))
        depth, width = int(parameters["DEPTH"]), units * unit
        random = "{" + ", ".join(["$random"] * (-(-unit // 32))) + "}"
        text.append(
            cell.instance(label)
            + f"""
reg [{width - 1}:0] {label}_array [0:{depth - 1}];
reg [{width - 1}:0] {label}_want_1, {label}_want_2;
reg {label}_sure_1, {label}_sure_2;
integer {label}_i;
initial for ({label}_i = 0; {label}_i < {depth}; {label}_i = {label}_i + 1) {label}_array[{label}_i] = 0;
always @(posedge clk) begin
  {label}_want_2 = {label}_want_1; {label}_sure_2 = {label}_sure_1;
  {label}_want_1 = {label}_array[{label}_raddr];
  {label}_sure_1 = !({label}_wen != 0 && {label}_waddr == {label}_raddr);
  for ({label}_i = 0; {label}_i < {units}; {label}_i = {label}_i + 1)
    if ({label}_wen[{label}_i]) {label}_array[{label}_waddr][{label}_i * {unit} +: {unit}] = {label}_wdata;
end
always @(negedge clk) begin
  if (cycle > 3 && {label}_sure_2) begin
    checks = checks + 1;
    if ({label}_rdata !== {label}_want_2) begin
      errors = errors + 1;
      $display("{cell.name} {parameters}: %h, not %h", {label}_rdata, {label}_want_2);
    end
  end
  #1 {label}_raddr = $unsigned($random) % {depth}; {label}_waddr = $unsigned($random) % {depth};
  {label}_wen = $random; {label}_wdata = {random};
end""".replace('"UNIT', "UNIT").replace("'", "")
        )
    header = "integer cycle = 0;\nalways @(posedge clk) cycle = cycle + 1;\n"
    footer = f'initial begin #{10 * cycles}; $display("checks %0d errors %0d", checks, errors); $finish; end\n'
    return header + "\n".join(text) + "\n" + footer


def test_memories_and_their_latency(tmp_path: Path, rng: np.random.Generator) -> None:
    shapes = [(1, 1, 1), (8, 4, 2), (8, 8, 37), (3, 5, 64), (16, 2, 13)]
    shapes += [tuple(int(rng.integers(1, limit)) for limit in (40, 9, 90)) for _ in range(3)]
    cells = []
    for unit, units, depth in shapes:
        common = {"DEPTH": depth, "ADDR_BITS": max(1, (depth - 1).bit_length()), "STYLE": "auto"}
        cells.append(Cell("hwgen_ram_be", {"UNIT": unit, "UNITS": units, **common}))
        cells.append(Cell("hwgen_ram", {"WIDTH": unit * units, **common}))
    printed = simulate(tmp_path, "generic", memory_bench(cells, cycles=500))
    found = re.search(r"checks (\d+) errors (\d+)", printed)
    assert found, printed
    assert int(found[1]) > 100 * len(cells)
    assert int(found[2]) == 0, printed


@pytest.mark.parametrize("style", ["block", "logic"])
def test_rom_reads_its_image_two_cycles_later(style: str, tmp_path: Path, rng: np.random.Generator) -> None:
    words = [int.from_bytes(rng.bytes(9), "little") >> 3 for _ in range(53)]
    (tmp_path / "image.mem").write_text("".join(f"{word:x}\n" for word in words), encoding="utf-8")
    cell = Cell("hwgen_rom", {"WIDTH": 69, "DEPTH": 53, "ADDR_BITS": 6, "INIT": "image.mem", "STYLE": style})
    body = (
        cell.instance("u")
        + """
integer n;
initial begin
  for (n = 0; n < 55; n = n + 1) begin
    @(negedge clk) if (n >= 2) $display("%h", u_data);
    u_addr = n;
  end
  $finish;
end
"""
    )
    assert [int(line, 16) for line in simulate(tmp_path, "generic", body).splitlines()[:53]] == words


SYNTHESIS = {
    "ecp5": "synth_ecp5 -top top",
    "gowin": "synth_gowin -top top -family gw1n",
    "ice40": "synth_ice40 -dsp -device u -top top",
    "xilinx": "synth_xilinx -top top -family xc7 -flatten -noiopad -noclkbuf",
}
BLOCKS = {
    "ecp5": re.compile("DP16KD|PDPW16KD"),
    "gowin": re.compile("SPX?9?B?$|SDPX?9?B?$|DPX?9?B?$|pROMX?9?"),
    "ice40": re.compile("SB_RAM40_4K"),
    "xilinx": re.compile("RAMB(18|36)E1"),
}
LUT_RAMS = {"ecp5": "TRELLIS_DPR16X4", "gowin": "RAM16SDP4", "xilinx": "RAM32M"}
MULTIPLIERS = {
    "ecp5": re.compile("MULT18X18D"),
    "gowin": re.compile("MULT"),
    "ice40": re.compile("SB_MAC16"),
    "xilinx": re.compile("DSP48E1"),
}
FLIP_FLOPS = re.compile("TRELLIS_FF|SB_DFF|DFF|FD[RSCP]E")
LATCHES = re.compile(r"LATCH|\$dlatch|LDCE|^DL", re.IGNORECASE)


def mapped(family: str, cells: list[Cell], folder: Path) -> list[dict[str, int]]:
    """Cells by type after synthesis, per cell; nothing is undriven, nothing is a latch."""
    wrappers = [cell.wrapper(f"w{k}") for k, cell in enumerate(cells)]
    top = ["module top(input clk"]
    uses = []
    for k, cell in enumerate(cells):
        for direction, (port, width) in zip(cell.directions, PORTS[cell.name], strict=True):
            top.append(f", {direction} [{cell.width(width) - 1}:0] w{k}_{port}")
        ports = ", ".join(f".u_{port}(w{k}_{port})" for port, _ in PORTS[cell.name])
        uses.append(f"(* keep_hierarchy *) w{k} u{k} (.clk(clk), {ports});\n")
    text = cells_source(family) + "(* keep_hierarchy *)\n" + "(* keep_hierarchy *)\n".join(wrappers)
    (folder / "design.v").write_text(text + "".join(top) + ");\n" + "".join(uses) + "endmodule\n", encoding="utf-8")
    design = libyosys.Design()
    stat = f"tee -q -o {folder}/stat.json stat -json"
    for command in (f"read_verilog {folder}/design.v", SYNTHESIS[family], "check -assert", stat):
        design.run_pass(command)
    modules = json.loads((folder / "stat.json").read_text(encoding="utf-8"))["modules"]
    found = [modules[f"\\w{k}"]["num_cells_by_type"] for k in range(len(cells))]
    for cell, counts in zip(cells, found, strict=True):
        assert not [name for name in counts if LATCHES.search(name)], (cell, counts)
    return found


def count(counts: dict[str, int], pattern: re.Pattern[str]) -> int:
    return sum(number for name, number in counts.items() if pattern.match(name))


def rom(width: int, depth: int, style: str, rng: np.random.Generator) -> Cell:
    """A ROM of random words; the image goes to the working folder."""
    name = f"rom{width}x{depth}.mem"
    Path(name).write_text("".join(f"{word:x}\n" for word in rng.integers(0, 2**width, depth)), encoding="utf-8")
    bits = (depth - 1).bit_length()
    return Cell("hwgen_rom", {"WIDTH": width, "DEPTH": depth, "ADDR_BITS": bits, "INIT": name, "STYLE": style})


def ram(width: int, depth: int, style: str) -> Cell:
    return Cell("hwgen_ram", {"WIDTH": width, "DEPTH": depth, "ADDR_BITS": (depth - 1).bit_length(), "STYLE": style})


def ram_be(unit: int, units: int, depth: int, style: str) -> Cell:
    shape = {"UNIT": unit, "UNITS": units, "DEPTH": depth, "ADDR_BITS": (depth - 1).bit_length()}
    return Cell("hwgen_ram_be", {**shape, "STYLE": style})


@pytest.mark.parametrize("family", sorted(SYNTHESIS))
def test_deep_memories_become_blocks(
    family: str, tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shapes = [(8, 1, 600), (8, 2, 33), (8, 8, 300), (16, 4, 300), (4, 4, 300), (1, 8, 700), (8, 16, 64)]
    cells = [rom(8, 600, "block", rng), rom(20, 257, "block", rng), rom(61, 33, "block", rng), ram(32, 300, "block")]
    cells += [ram_be(*shape, "block") for shape in shapes]
    for cell, counts in zip(cells, mapped(family, cells, tmp_path), strict=True):
        width = cell.width(PORTS[cell.name][-1][1])
        assert count(counts, BLOCKS[family]) > 0, (cell, counts)
        # The output register stays, and the array is no flip-flops. Where a memory takes several blocks of depth, the
        # upper address bits are kept for the multiplexer behind them.
        assert width <= count(counts, FLIP_FLOPS) <= width + 4, (cell, counts)


@pytest.mark.parametrize("family", sorted(SYNTHESIS))
def test_shallow_memories_become_luts(
    family: str, tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cells = [ram(32, 16, "distributed"), ram_be(8, 4, 16, "distributed"), rom(8, 20, "distributed", rng)]
    *rams, table, parts = mapped(family, [*cells, rom(20, 200, "logic", rng)], tmp_path)
    for counts in rams:
        if family == "ice40":  # it has no LUT RAM, and a block is cheaper than 512 flip-flops
            assert count(counts, BLOCKS[family]) > 0, counts
            assert count(counts, FLIP_FLOPS) == 32, counts
        else:
            assert counts[LUT_RAMS[family]] >= 6, counts
            assert count(counts, BLOCKS[family]) == 0, counts
            assert count(counts, FLIP_FLOPS) == 64, counts
    assert count(table, BLOCKS[family]) == 0, table
    assert count(table, FLIP_FLOPS) <= 16, table
    # Of twenty bits each half has its own copy of the address.
    assert count(parts, BLOCKS[family]) == 0, parts
    assert count(parts, FLIP_FLOPS) == 20 + 2 * 8, parts


@pytest.mark.parametrize("family", sorted(SYNTHESIS))
def test_products_take_multiplier_blocks_and_their_registers(family: str, tmp_path: Path) -> None:
    lanes = Cell("hwgen_mul_lanes", {"LANES": 5, "A_BITS": 8, "B_BITS": 8})
    whole = Cell("hwgen_mul", {"A_BITS": 16, "B_BITS": 12})
    wide = Cell("hwgen_mul", {"A_BITS": 22, "B_BITS": 16})
    found = mapped(family, [lanes, whole, wide], tmp_path)
    blocks = [count(counts, MULTIPLIERS[family]) for counts in found]
    assert blocks == [3 if family == "ice40" else 5, 1, 1], found
    assert [count(counts, FLIP_FLOPS) for counts in found[:2]] == [0, 0], found


@pytest.mark.parametrize("family", sorted(SYNTHESIS))
def test_copies_are_not_merged(family: str, tmp_path: Path) -> None:
    copies = "hwgen_copy #(3) k{0} (clk, d, q[{0}*3 +: 3]);\n"
    text = (
        "module top(input clk, input [2:0] d, output [5:0] q);\n" + copies.format(0) + copies.format(1) + "endmodule\n"
    )
    (tmp_path / "design.v").write_text(cells_source(family) + text, encoding="utf-8")
    design = libyosys.Design()
    stat = f"tee -q -o {tmp_path}/stat.json stat -json"
    for command in (f"read_verilog {tmp_path}/design.v", SYNTHESIS[family], stat):
        design.run_pass(command)
    counts = json.loads((tmp_path / "stat.json").read_text(encoding="utf-8"))["design"]["num_cells_by_type"]
    assert count(counts, FLIP_FLOPS) == 6, counts


LINTED = [
    Cell("hwgen_copy", {"WIDTH": 3}),
    Cell("hwgen_rom", {"WIDTH": 5, "DEPTH": 3, "ADDR_BITS": 2}),
    Cell("hwgen_rom", {"WIDTH": 25, "DEPTH": 30, "ADDR_BITS": 5, "STYLE": "logic"}),
    Cell("hwgen_ram", {"WIDTH": 1, "DEPTH": 1, "ADDR_BITS": 1}),
    Cell("hwgen_ram_be", {"UNIT": 8, "UNITS": 4, "DEPTH": 40, "ADDR_BITS": 6}),
    Cell("hwgen_mul_lanes", {"LANES": 1, "A_BITS": 1, "B_BITS": 16}),
    Cell("hwgen_mul_lanes", {"LANES": 5, "A_BITS": 8, "B_BITS": 7}),
    Cell("hwgen_sum_lanes", {"LANES": 1, "A_BITS": 1, "B_BITS": 1}),
    Cell("hwgen_sum_lanes", {"LANES": 5, "A_BITS": 25, "B_BITS": 16}),
    Cell("hwgen_addsub_lanes", {"LANES": 1, "BITS": 1}),
    Cell("hwgen_addsub_lanes", {"LANES": 3, "BITS": 10}),
    Cell("hwgen_sum_either_lanes", {"LANES": 1, "BITS": 1, "INVERTED": 0}),
    Cell("hwgen_sum_either_lanes", {"LANES": 3, "BITS": 10, "INVERTED": 1}),
    Cell("hwgen_mul", {"A_BITS": 5, "B_BITS": 7}),
    Cell("hwgen_mul", {"A_BITS": 24, "B_BITS": 20}),
    Cell("hwgen_mul", {"A_BITS": 24, "B_BITS": 26, "B_SIGNED": 0, "BLOCKS": 2}),
    Cell("hwgen_mul", {"A_BITS": 48, "B_BITS": 32}),
]


@pytest.mark.parametrize("family", FAMILIES)
def test_lint(family: str, tmp_path: Path) -> None:
    (tmp_path / "cells.v").write_text(cells_source(family), encoding="utf-8")
    (tmp_path / "models.v").write_text(models(family), encoding="utf-8")
    (tmp_path / "models.vlt").write_text('`verilator_config\nlint_off -file "models.v"\n', encoding="utf-8")
    environment = verilator_environment()
    for cell in LINTED:
        values = [f"-G{key}={json.dumps(value)}" for key, value in cell.parameters.items()]
        # The iCE40 primitives' cascade outputs stay open.
        lint = ["verilator", "--lint-only", "-Wall", "-Wno-PINMISSING", "-Wno-SPECIFYIGN"]
        lint += ["--top-module", cell.name, *values, "models.vlt", "models.v", "cells.v"]
        result = subprocess.run(lint, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert "Warning" not in result.stderr, result.stderr
        assert result.returncode == 0, result.stderr


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed: apt install iverilog")
@pytest.mark.parametrize("family", FAMILIES)
def test_icarus_lint(family: str, tmp_path: Path) -> None:
    (tmp_path / "models.v").write_text(models(family), encoding="utf-8")
    for cell in LINTED:
        (tmp_path / "design.v").write_text(cells_source(family) + cell.wrapper(), encoding="utf-8")
        command = ["iverilog", "-g2001", "-Wall", "-s", "top", "-t", "null", "models.v", "design.v"]
        result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        assert "design.v" not in result.stderr, result.stderr


@pytest.mark.parametrize("family", FAMILIES)
def test_every_cell_once(family: str) -> None:
    modules = re.findall(r"^module (\w+)", cells_source(family), re.MULTILINE)
    assert len(modules) == len(set(modules))
    assert set(CELLS) <= set(modules)
