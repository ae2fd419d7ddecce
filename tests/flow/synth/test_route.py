"""What nextpnr says of a design that is too large. The rest is tested where whole cores are routed: test_synthesise."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from hwgen.flow.process import ToolFailedError
from hwgen.flow.synth import route as route_module
from hwgen.flow.synth.route import DoesNotFitError, place_and_route, too_small
from hwgen.flow.synth.targets import recipe
from hwgen.flow.tools import SYNTHESIS
from hwgen.flow.yosys import run_script

LOG = """
Info: Device utilisation:
Info:            ICESTORM_LC:    9123/   5280   172%
Info:           ICESTORM_RAM:      30/     30   100%
Info:                  SB_IO:       3/     39     7%
Info:           ICESTORM_DSP:      12/      8   150%
Info:             DUMMY_CELL:       4/      0   100%
"""


def test_only_what_is_short_is_listed() -> None:
    assert too_small(LOG) == {"ICESTORM_LC": (9123, 5280), "ICESTORM_DSP": (12, 8)}
    message = str(DoesNotFitError(too_small(LOG), "route.log"))
    assert "ICESTORM_LC" in message
    assert "9123" in message
    assert "5280" in message
    assert "ICESTORM_RAM" not in message


def test_a_design_that_is_too_large_for_the_device(tmp_path: Path) -> None:
    """Forty 4 Kbit memories where the UP5K has thirty."""
    verilog = """
    module top(input clk, input [7:0] a, output [39:0] q);
        genvar k;
        generate for (k = 0; k < 40; k = k + 1) begin : bank
            reg [7:0] mem [0:511]; reg [7:0] word;
            always @(posedge clk) begin word <= mem[{k[0], a}]; if (a == k) mem[{a, k[0]}] <= {a[6:0], word[0]}; end
            assign q[k] = ^word;
        end endgenerate
    endmodule"""
    (tmp_path / "top.v").write_text(verilog)
    passes = ["read_verilog top.v", "synth_ice40 -device u -top top", "write_json netlist.json"]
    run_script(passes, cwd=tmp_path, log=tmp_path / "yosys.log", install=SYNTHESIS)
    row = recipe("ice40-up5k").route
    assert row is not None
    with pytest.raises(DoesNotFitError, match=r"ICESTORM_RAM +needs +40, has +30") as caught:
        place_and_route(row, tmp_path / "netlist.json", name="top", clock_mhz=24, seed=1, log=tmp_path / "route.log")
    assert caught.value.needed["ICESTORM_RAM"] == (40, 30)
    assert caught.value.exit_status == 1


def test_the_clock_enters_at_a_dedicated_pin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[Sequence[str]] = []

    def tool(command: Sequence[str], *, cwd: Path, log: Path) -> str:
        commands.append(command)
        (cwd / "timing.json").write_text('{"fmax": {"clk": {"achieved": 100.0}}, "utilization": {}}')
        return ""

    monkeypatch.setattr(route_module, "run", tool)
    row = recipe("ecp5-25k").route
    assert row is not None
    place: dict[str, Any] = {"name": "top", "clock_mhz": 50.0, "seed": 1, "log": tmp_path / "route.log"}
    assert place_and_route(row, tmp_path / "netlist.json", **place).fmax_mhz == 100
    nextpnr, _pack = commands
    assert nextpnr[list(nextpnr).index("--lpf") + 1] == "clock.lpf"
    assert (tmp_path / "clock.lpf").read_text() == 'LOCATE COMP "clk" SITE "G2";\n'


def test_another_failure_is_not_taken_for_a_bad_fit(tmp_path: Path) -> None:
    (tmp_path / "netlist.json").write_text("{}")
    row = recipe("ice40-up5k").route
    assert row is not None
    with pytest.raises(ToolFailedError, match="nextpnr"):
        place_and_route(row, tmp_path / "netlist.json", name="top", clock_mhz=24, seed=1, log=tmp_path / "route.log")
