"""The fixture core on every target: counts, memories, a route to a bitstream where there is one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from hwgen.errors import CheckFailedError, UsageError
from hwgen.flow.folder import CoreFolder
from hwgen.flow.synth.synthesise import check_timing, synthesise

PORT_BITS = 1 + 16 + 1 + 1 + 1 + 16 + 1 + 1 + 1 + 1  # without the clock


@pytest.mark.parametrize("target", ["generic", "ecp5-85k", "gowin-gw1nr9", "ice40-up5k", "xilinx-xc7"])
def test_the_core_alone(core: CoreFolder, target: str) -> None:
    stages: list[str] = []
    result = synthesise(core, target, pnr=False, progress=lambda stage, _: stages.append(stage))
    assert stages == [f"synthesise ({target})"]
    found = json.loads(json.dumps(result.as_json()))
    assert found == json.loads((core.path / "reports" / f"synth-{target}.json").read_text())
    assert 50 < found["lut"] < 500
    assert 40 < found["ff"] < 200
    assert found["dsp"] == 1
    assert (found["fmax_mhz"], found["logic_cells"], found["bitstream"], found["device_utilisation"]) == (None,) * 4
    kinds = {memory["name"].split(".")[0]: memory["kind"] for memory in found["memories"]}
    assert kinds["map"] == ("block" if target in ("generic", "ice40-up5k") else "lutram")
    assert {"map", "weights"} == set(kinds)


@pytest.mark.parametrize("target", ["ice40-up5k", "ecp5-25k", "gowin-gw1nr9"])
def test_a_route_to_a_bitstream(core: CoreFolder, target: str) -> None:
    result = synthesise(core, target, seed=3)
    found = result.as_json()
    assert found["seed"] == 3
    assert 20 < found["fmax_mhz"] < 400
    assert found["logic_cells"] >= found["lut"]
    assert result.routed is not None
    assert result.routed.bitstream.stat().st_size > 50_000
    assert all(used <= has for used, has in result.routed.utilisation.values())
    # The registers around the core are in the device, not in the core's count.
    flip_flops = {"ice40-up5k": None, "ecp5-25k": "TRELLIS_FF", "gowin-gw1nr9": "DFF"}[target]
    if flip_flops:
        assert result.routed.utilisation[flip_flops][0] - found["ff"] == PORT_BITS


def test_seeds_and_a_missed_clock(core: CoreFolder) -> None:
    first, second, again = (synthesise(core, "ice40-up5k", seed=seed) for seed in (1, 2, 1))
    assert first.routed is not None
    assert second.routed is not None
    assert again.routed is not None
    assert first.routed.fmax_mhz == again.routed.fmax_mhz != second.routed.fmax_mhz
    check_timing(replace(first, clock_mhz=first.routed.fmax_mhz), "DIR")
    with pytest.raises(CheckFailedError, match="built for 300 MHz"):
        check_timing(replace(first, clock_mhz=300.0), "DIR")


NOBODY = "wire nobody; wire accept = s_axis_tvalid && s_axis_tready && !nobody;"
LOOP = "wire again = m_axis_tvalid; assign m_axis_tvalid = state == SEND && !again;"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("wire accept = s_axis_tvalid && s_axis_tready;", NOBODY, r"wire without a driver: scale_max\.\\nobody"),
        ("assign m_axis_tvalid = state == SEND;", LOOP, "combinational loop"),
    ],
)
def test_defects_of_the_verilog_are_named(
    edited: Callable[[str, str], CoreFolder], old: str, new: str, said: str
) -> None:
    with pytest.raises(CheckFailedError, match=said):
        synthesise(edited(old, new), "generic", pnr=False)


def test_an_unknown_target(core: CoreFolder) -> None:
    with pytest.raises(UsageError, match="unknown target 'spartan'"):
        synthesise(core, "spartan")
