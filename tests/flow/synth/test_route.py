"""What nextpnr says of a design that is too large. The rest is tested where whole cores are routed: test_synthesise."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from hwgen.flow.process import HopelessError, ToolFailedError
from hwgen.flow.synth import route as route_module
from hwgen.flow.synth.route import RIPUP_ITERATIONS, DoesNotFitError, given_up, place_and_route, too_small
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


MISSED = "Info:     iter={} wires=707162 overused=0 overuse=0 tmgfail={} archfail=NA"


@pytest.mark.parametrize(
    ("iteration", "failing", "hopeless"),
    [(RIPUP_ITERATIONS - 1, 15, False), (RIPUP_ITERATIONS, 15, True), (1000, 0, False)],
)
def test_a_clock_is_given_up_when_the_router_goes_on_missing_it(iteration: int, failing: int, hopeless: bool) -> None:
    log = "\n".join(["Info: Running router2...", MISSED.format(1, 9), MISSED.format(iteration, failing)])
    assert given_up(log) == hopeless
    assert not given_up("Info:     iter=900 wires=705217 overused=0 overuse=0 archfail=0")


GIVEN_UP = HopelessError()


@pytest.mark.parametrize(
    ("first", "again", "reached"),
    [
        (101, {}, 101),
        (95, {100: 110}, 110),
        (95, {100: 85}, 95),
        (95, {100: GIVEN_UP}, 95),
        (95, {100: ToolFailedError("giving up")}, 95),
        (80, {100: 105}, 105),
        (80, {100: GIVEN_UP, 88: 90}, 90),
        (80, {100: GIVEN_UP, 88: GIVEN_UP}, 80),
    ],
)
def test_slow_connections_are_taken_up_again_where_the_clock_is_missed(
    first: float,
    again: Mapping[float, float | Exception],
    reached: float,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """``again``: what the runs that rip up are asked for, and what they reach or how they end.

    The bitstream is packed from the fastest result.
    """
    packed: list[str] = []
    asked: list[float] = []

    def tool(command: Sequence[str], *, cwd: Path, log: Path, hopeless: Callable[[str], bool] | None = None) -> str:
        if "--report" not in command:
            packed.append((cwd / "routed.config").read_text())
            return ""
        ripup = "--tmg-ripup" in command
        wanted = float(command[list(command).index("--freq") + 1])
        asked.append(wanted)
        assert (hopeless is given_up) == ripup
        assert log.name == ("route-ripup.log" if ripup else "route.log")
        achieved = again[wanted] if ripup else first
        if isinstance(achieved, Exception):
            raise achieved
        report, config = (cwd / command[list(command).index(option) + 1] for option in ("--report", "--textcfg"))
        report.write_text(json.dumps({"fmax": {"clk": {"achieved": achieved}}, "utilization": {}}))
        config.write_text(str(achieved))
        return ""

    monkeypatch.setattr(route_module, "run", tool)
    row = recipe("ecp5-85k").route
    assert row is not None
    place: dict[str, Any] = {"name": "top", "clock_mhz": 100.0, "seed": 1, "log": tmp_path / "route.log"}
    assert place_and_route(row, tmp_path / "netlist.json", **place).fmax_mhz == reached
    assert packed == [str(reached)]
    assert asked == [100, *again]
    assert not list(tmp_path.glob("ripup-*"))


def test_another_failure_is_not_taken_for_a_bad_fit(tmp_path: Path) -> None:
    (tmp_path / "netlist.json").write_text("{}")
    row = recipe("ice40-up5k").route
    assert row is not None
    with pytest.raises(ToolFailedError, match="nextpnr"):
        place_and_route(row, tmp_path / "netlist.json", name="top", clock_mhz=24, seed=1, log=tmp_path / "route.log")
