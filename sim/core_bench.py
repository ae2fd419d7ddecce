"""What the benches share: clock, reset, AXI4-Stream drivers and the watch over both streams of a hwgen core.

The job of a run stands in a JSON file that the environment variable HWGEN_JOB names; hwgen.flow.bench writes it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge, SimTimeoutError, with_timeout
from cocotbext.axi import AxiStreamBus, AxiStreamFrame, AxiStreamSink, AxiStreamSource

CLOCK_NS = 10
RESET_CYCLES = 16
QUIET = "WARNING"  # the drivers log every frame otherwise


class Watch:
    """Looks at both streams in every cycle: counts, notes when things happen, holds the core to the AXI4-Stream rules.

    A core that offers a beat must keep offering the same one until it is taken.
    """

    def __init__(self, dut: Any, job: dict[str, Any]) -> None:
        self.dut = dut
        self.job = job
        self.cycle = 0
        self.taken = 0
        self.given = 0
        self.first_inputs: list[int] = []
        self.last_outputs: list[int] = []
        self.frame_starts: list[int] = []
        self.layer_dones: list[int] = []
        self.broken: str | None = None
        self._offered: tuple[str, str] | None = None

    def restart(self) -> None:
        """After a reset, which may cut anything short."""
        self.taken = self.given = 0
        self._offered = None

    async def run(self) -> None:
        dut, job = self.dut, self.job
        port = {role: {name: getattr(dut, f"{job[role]['prefix']}_{name}") for name in ("tvalid", "tready", "tdata")}
                for role in ("input", "output")}  # fmt: skip
        last = getattr(dut, f"{job['output']['prefix']}_tlast")
        edge = RisingEdge(dut.aclk)
        while True:
            await edge
            if dut.aresetn.value == 0:
                self.restart()
                continue
            if port["input"]["tvalid"].value == 1 and port["input"]["tready"].value == 1:
                if self.taken % job["input"]["beats_per_frame"] == 0:
                    self.first_inputs.append(self.cycle)
                self.taken += 1
            if dut.frame_start.value == 1:
                self.frame_starts.append(self.cycle)
            if dut.layer_done.value == 1:
                self.layer_dones.append(self.cycle)
            self._watch_output(port["output"], last)
            self.cycle += 1

    def _watch_output(self, port: dict[str, Any], last: Any) -> None:
        """Payload and tvalid hold while stalled; tlast ends every frame and nothing else."""
        if port["tvalid"].value != 1:
            if self._offered is not None:
                self.complain("tvalid fell before the beat was taken")
            self._offered = None
            return
        beat = (str(port["tdata"].value), str(last.value))
        if self._offered is not None and self._offered != beat:
            self.complain(f"the beat changed while it waited: {self._offered} became {beat}")
        self._offered = beat
        if port["tready"].value == 1:
            self._offered = None
            self.given += 1
            beats = self.job["output"]["beats_per_frame"]
            ends = self.given % beats == 0
            if str(last.value) != str(int(ends)):
                self.complain(f"tlast is {last.value} at output beat {self.given}, frames have {beats}")
            if ends:
                self.last_outputs.append(self.cycle)

    def complain(self, text: str) -> None:
        """Keep the first complaint: later ones follow from it."""
        self.broken = self.broken or f"cycle {self.cycle}: {text}"


def stalls(random: Random) -> Iterator[bool]:
    """Pauses in bursts of every kind: none at all, now and then, half of the time, nearly always."""
    while True:
        rate = random.choice((0.0, 0.1, 0.5, 0.9))
        for _ in range(random.randint(1, 64)):
            yield random.random() < rate


class CoreBench:
    """A core with a driver at each of its streams."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.job = json.loads(Path(os.environ["HWGEN_JOB"]).read_text(encoding="utf-8"))
        self.random = Random(self.job["seed"])
        self.watch = Watch(dut, self.job)
        self.received = bytearray()
        self.batch = self.job["batch"]
        dut.aresetn.value = 0
        Clock(dut.aclk, CLOCK_NS, unit="ns").start()
        self.input = self._driver(AxiStreamSource, self.job["input"])
        self.output = self._driver(AxiStreamSink, self.job["output"])
        self.weights = self._driver(AxiStreamSource, self.job["weights"]) if self.job["weights"] else None
        cocotb.start_soon(self.watch.run())
        frames = Path(self.job["frames"]).read_bytes()
        size = self.job["input"]["beats_per_frame"] * self.job["input"]["beat_bytes"]
        self.frames = [frames[start : start + size] for start in range(0, len(frames), size)]

    def _driver(self, kind: type, stream: dict[str, Any]) -> Any:
        bus = AxiStreamBus.from_prefix(self.dut, stream["prefix"])
        driver = kind(bus, self.dut.aclk, self.dut.aresetn, reset_active_level=False)
        driver.log.setLevel(QUIET)
        return driver

    def stall(self) -> None:
        """From now on, random pauses on every stream."""
        for stream in filter(None, (self.input, self.output, self.weights)):
            stream.set_pause_generator(stalls(Random(self.random.random())))

    async def reset(self) -> None:
        """Reset, forget what was under way, and load the weights again where the core takes them from a stream."""
        self.dut.aresetn.value = 0
        await ClockCycles(self.dut.aclk, RESET_CYCLES)
        for stream in filter(None, (self.input, self.output, self.weights)):
            stream.clear()
        self.dut.aresetn.value = 1
        if self.weights is not None:
            self.weights.send_nowait(AxiStreamFrame(Path(self.job["weight_stream"]).read_bytes()))

    def send(self, frames: range) -> None:
        for frame in frames:
            self.input.send_nowait(AxiStreamFrame(self.frames[frame]))

    async def receive(self) -> None:
        """Wait for one frame of the core's and keep it."""
        limit = self.job["patience"]
        try:
            frame = await with_timeout(self.output.recv(), limit * CLOCK_NS, "ns")
        except SimTimeoutError:
            beats = f"{self.watch.taken} input beats and {self.watch.given} output beats"
            raise AssertionError(f"no frame for {limit} cycles, after {beats} since reset") from None
        self.received += frame.tdata
        print(f"progress {len(self.watch.last_outputs)}", flush=True)

    async def until(self, condition: Any) -> None:
        """Wait until ``condition()`` holds at a clock edge, at most as long as for a frame."""
        for _ in range(self.job["patience"]):
            if condition():
                return
            await RisingEdge(self.dut.aclk)
        raise AssertionError(f"the core stopped taking beats after {self.watch.taken}")

    def finish(self, failure: str | None) -> None:
        """Write what came out and when; hwgen.flow.bench reads it."""
        Path(self.job["outputs"]).write_bytes(self.received)
        watch = self.watch
        record = {
            "first_inputs": watch.first_inputs,
            "last_outputs": watch.last_outputs,
            "frame_starts": watch.frame_starts,
            "layer_dones": watch.layer_dones,
            "cycles_run": watch.cycle,
            "counters": [int(getattr(self.dut, port).value) for port in self.job["counters"]],
            "failure": watch.broken or failure,
        }
        Path(self.job["record"]).write_text(json.dumps(record), encoding="utf-8")
