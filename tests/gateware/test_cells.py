from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from amaranth.back import rtlil
from amaranth.lib import wiring
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.gateware.adders import AddSubLanes, SumEitherLanes, SumLanes
from hwgen.gateware.cells import (
    QUEUE_WORDS,
    SMALL_WORDS,
    Copy,
    QueueRam,
    Ram,
    RamUnits,
    Store,
    VerilogCells,
    address_bits,
    memory_style,
)
from hwgen.gateware.multipliers import Mul, MulLanes
from hwgen.plan import latency
from hwgen.plan.images import MemoryImage
from tests.gateware.bench import pack, trace

depths = st.integers(1, 40)


@settings(max_examples=10)
@given(depth=depths, width=st.integers(1, 70), seed=st.integers(0, 1 << 20))
def test_a_rom_delivers_its_image(depth: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    words = [int(rng.integers(1 << 62)) % (1 << width) for _ in range(depth)]
    addresses = rng.integers(0, depth, 30).tolist()
    component = Store(image=MemoryImage("image", width, words), loadable=False)
    found = trace(component, [{"addr": a} for a in addresses] + [{}] * latency.MEMORY, ["data"])
    assert [row["data"] for row in found[latency.MEMORY :]] == [words[a] for a in addresses]


def memory_rows(
    rng: np.random.Generator, depth: int, names: tuple[str, str, str, str], width: int
) -> tuple[list[dict[str, int]], list[int]]:
    """Random reads and writes, never both of one address in one cycle; and what each read finds."""
    read, enable, write, data = names
    content = [0] * depth
    rows, expected = [], []
    for _ in range(60):
        waddr, raddr = int(rng.integers(depth)), int(rng.integers(depth))
        wen = bool(rng.integers(2)) and waddr != raddr
        expected.append(content[raddr])
        value = int(rng.integers(1 << 62)) % (1 << width)
        rows.append({read: raddr, enable: int(wen), write: waddr, data: value})
        if wen:
            content[waddr] = value
    return rows, expected


@settings(max_examples=10)
@given(depth=depths, width=st.integers(1, 40), loadable=st.booleans(), seed=st.integers(0, 1 << 20))
def test_a_written_word_is_seen_by_a_read_of_the_next_cycle(depth: int, width: int, loadable: bool, seed: int) -> None:
    names = ("addr" if loadable else "raddr", "wen", "waddr", "wdata")
    rows, expected = memory_rows(np.random.default_rng(seed), depth, names, width)
    if loadable:
        # its image is loaded, not there from the start
        component: wiring.Component = Store(image=MemoryImage("image", width, [1] * depth), loadable=True)
    else:
        component = Ram(width=width, depth=depth)
    out = "data" if loadable else "rdata"
    found = [row[out] for row in trace(component, rows + [{}] * latency.MEMORY, [out])]
    assert found[latency.MEMORY :] == expected


@settings(max_examples=10)
@given(depth=depths, width=st.integers(1, 70), seed=st.integers(0, 1 << 20))
def test_a_queue_answers_in_the_next_cycle(depth: int, width: int, seed: int) -> None:
    """From zeros; what a read of the address being written finds is left open."""
    names = ("raddr", "wen", "waddr", "wdata")
    rows, expected = memory_rows(np.random.default_rng(seed), depth, names, width)
    found = [row["rdata"] for row in trace(QueueRam(width=width, depth=depth), [*rows, {}], ["rdata"])]
    assert found[1:] == expected


@settings(max_examples=10)
@given(depth=depths, units=st.integers(1, 9), unit=st.integers(1, 16), seed=st.integers(0, 1 << 20))
def test_elements_are_written_into_their_word(depth: int, units: int, unit: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    content = np.zeros((depth, units), np.int64)
    rows, expected = [], []
    for _ in range(60):
        waddr, raddr = int(rng.integers(depth)), int(rng.integers(depth))
        enabled = rng.integers(0, 2, units) if waddr != raddr else np.zeros(units, np.int64)
        value = int(rng.integers(1 << unit))
        expected.append(pack(content[raddr], unit))
        rows.append({"raddr": raddr, "waddr": waddr, "wen": pack(enabled, 1), "wdata": value})
        content[waddr, enabled == 1] = value
    component = RamUnits(unit=unit, units=units, depth=depth)
    found = [row["rdata"] for row in trace(component, rows + [{}] * latency.MEMORY, ["rdata"])]
    assert found[latency.MEMORY :] == expected


def test_a_copy_is_one_cycle_late() -> None:
    found = trace(Copy(width=5), [{"i": value} for value in (3, 31, 0, 17, 0)], ["o"])
    assert [row["o"] for row in found] == [0, 3, 31, 0, 17][: latency.COPY * 5]


CELLS: dict[str, Callable[[], wiring.Component]] = {
    "hwgen_rom": lambda: Store(image=MemoryImage("weights_3", 24, [1, 2, 3]), loadable=False),
    "hwgen_ram": lambda: Ram(width=8, depth=SMALL_WORDS + 1),
    "hwgen_ram_be": lambda: RamUnits(unit=8, units=4, depth=9),
    "hwgen_queue_ram": lambda: QueueRam(width=40, depth=QUEUE_WORDS),
    "hwgen_mul_lanes": lambda: MulLanes(lanes=4, a_bits=8, b_bits=7),
    "hwgen_sum_lanes": lambda: SumLanes(lanes=4, a_bits=24, b_bits=15),
    "hwgen_addsub_lanes": lambda: AddSubLanes(lanes=4, bits=10),
    "hwgen_sum_either_lanes": lambda: SumEitherLanes(lanes=4, bits=10, inverted=True),
    "hwgen_mul": lambda: Mul(a_bits=20, b_bits=18, blocks=3),
    "hwgen_copy": lambda: Copy(width=3),
}
PARAMETERS = {
    "hwgen_rom": {"WIDTH": 24, "DEPTH": 3, "ADDR_BITS": 2, "INIT": '"mem/weights_3.mem"', "STYLE": '"distributed"'},
    "hwgen_ram": {"WIDTH": 8, "DEPTH": SMALL_WORDS + 1, "INIT": '""', "STYLE": '"block"'},
    "hwgen_ram_be": {"UNIT": 8, "UNITS": 4, "DEPTH": 9, "ADDR_BITS": 4},
    "hwgen_queue_ram": {"WIDTH": 40, "DEPTH": QUEUE_WORDS, "ADDR_BITS": 7, "STYLE": '"distributed"'},
    "hwgen_mul_lanes": {"LANES": 4, "A_BITS": 8, "B_BITS": 7},
    "hwgen_sum_lanes": {"LANES": 4, "A_BITS": 24, "B_BITS": 15},
    "hwgen_addsub_lanes": {"LANES": 4, "BITS": 10},
    "hwgen_sum_either_lanes": {"LANES": 4, "BITS": 10, "INVERTED": 1},
    "hwgen_mul": {"A_BITS": 20, "B_BITS": 18, "B_SIGNED": 0, "BLOCKS": 3},
    "hwgen_copy": {"WIDTH": 3},
}


@pytest.mark.parametrize(("loadable", "style"), [(False, "logic"), (True, "distributed")])
def test_a_memory_in_luts_is_a_rom_with_copies_of_its_address_or_lut_ram(loadable: bool, style: str) -> None:
    image = MemoryImage("requant_mul_0", 24, list(range(100)))
    text = rtlil.convert(Store(image=image, loadable=loadable, in_luts=True), platform=VerilogCells())
    assert f'parameter \\STYLE "{style}"' in text


@pytest.mark.parametrize("module", CELLS)
def test_emitted_cells_are_instances_of_their_verilog_module(module: str) -> None:
    text = rtlil.convert(CELLS[module](), platform=VerilogCells())
    assert text.count(f"cell \\{module} ") == 1
    assert "memory " not in text
    lines = {line.strip() for line in text.splitlines()}
    for name, value in PARAMETERS[module].items():
        wanted = {f"parameter \\{name} {value}", f"parameter signed \\{name} {value}"}
        assert wanted & lines, (name, [line for line in lines if name in line])


def test_a_ram_may_be_several_memories_side_by_side() -> None:
    text = rtlil.convert(Ram(width=29, depth=1152, memories=4), platform=VerilogCells())
    widths = [int(width) for width in re.findall(r"parameter (?:signed )?\\WIDTH (\d+)", text)]
    assert widths == [8, 8, 8, 5]
    written = re.findall(r"connect \\wdata \\wdata \[(\d+):(\d+)\]", text)
    assert written == [("7", "0"), ("15", "8"), ("23", "16"), ("28", "24")]
    # The last one highest.
    assert re.search(r"connect \\rdata \{ \$4 \[4:0\] \$3 \[7:0\] \$2 \[7:0\] \$1 \[7:0\] \}", text)


def test_a_loadable_store_is_a_ram_without_contents() -> None:
    store = Store(image=MemoryImage("taps", 9, [5] * 40), loadable=True)
    text = rtlil.convert(store, platform=VerilogCells())
    assert "cell \\hwgen_ram " in text
    assert 'parameter \\INIT ""' in text


@pytest.mark.parametrize(("depth", "bits"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (1024, 10), (1025, 11)])
def test_an_address_reaches_every_word(depth: int, bits: int) -> None:
    assert address_bits(depth) == bits


def test_small_memories_take_no_block() -> None:
    assert memory_style(SMALL_WORDS) == "distributed"
    assert memory_style(SMALL_WORDS + 1) == "block"
