"""The pin wrapper carries every port to the pins, and nothing of the core can be optimised away."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from hwgen.flow.synth.wrapper import TOP, Port, wrapper
from hwgen.flow.tools import SYNTHESIS
from hwgen.flow.yosys import run_script

PORTS = {
    "aclk": Port("input", 1),
    "aresetn": Port("input", 1),
    "s_axis_tdata": Port("input", 17),
    "m_axis_tdata": Port("output", 5),
    "m_axis_tvalid": Port("output", 1),
}


def test_one_flip_flop_per_port_bit(tmp_path: Path) -> None:
    (tmp_path / "wrapper.v").write_text(wrapper("the_core", PORTS))
    passes = ["read_verilog wrapper.v", f"synth_ice40 -top {TOP}", "tee -o cells.json stat -json"]
    run_script(passes, cwd=tmp_path, log=tmp_path / "run.log", install=SYNTHESIS)
    cells = json.loads((tmp_path / "cells.json").read_text())["design"]["num_cells_by_type"]
    assert cells.pop("the_core") == 1
    assert cells.pop("SB_DFF") == 18 + 6
    assert cells == {"SB_LUT4": 6 - 1 + 1} or cells == {"SB_LUT4": 6 - 1}


@given(st.dictionaries(st.from_regex(r"\Am_[a-z]{1,8}\Z"), st.integers(1, 70), min_size=1, max_size=6))
def test_slices_tile_the_shift_registers(outputs: dict[str, int]) -> None:
    ports = PORTS | {name: Port("output", width) for name, width in outputs.items()}
    text = wrapper("the_core", ports)
    total = sum(port.width for port in ports.values() if port.direction == "output")
    assert f"reg [{total - 1}:0] shift_out;" in text
    for bus, direction in (("shift_in", "input"), ("from_core", "output")):
        bits: list[int] = []
        for name, port in ports.items():
            if port.direction == direction and name != "aclk":
                slice_text = text.split(f".{name}({bus}[")[1].split("]")[0]
                high, low = map(int, slice_text.split(":"))
                assert high - low + 1 == port.width
                bits += range(low, high + 1)
        assert bits == list(range(len(bits)))
