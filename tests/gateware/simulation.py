"""Runs an accelerator in Amaranth's simulator and records outputs and strobes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator, SimulatorContext
from numpy.typing import NDArray

from hwgen.flow.folder import Interface
from hwgen.flow.frames import from_beats, to_beats
from hwgen.gateware import Accelerator
from hwgen.plan import Plan
from hwgen.plan.counters import PREFIX, counter_names
from hwgen.plan.interfaces import interfaces
from hwgen.plan.weight_stream import weight_stream

SETTLE = 100
"""Cycles after reset in which every core has fetched its first schedule record."""


@dataclass
class Run:
    """Outputs (frames, *shape), the cycles of what happened, and what the counters of the core read at the end."""

    outputs: NDArray[np.integer]
    input_beats: list[int] = field(default_factory=list)
    output_beats: list[int] = field(default_factory=list)
    frame_starts: list[int] = field(default_factory=list)
    layer_ends: list[int] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)

    def cycles(self, plan: Plan) -> list[int]:
        """Cycles by layer of the plan in the first frame (or batch): from pulse to pulse, the first from the start."""
        result = [0] * len(plan.layers)
        ends = [self.frame_starts[0], *self.layer_ends[: len(plan.pulses)]]
        for layer, (before, after) in zip(plan.pulses, pairwise(ends), strict=True):
            result[layer] += after - before
        return result

    def starts(self, plan: Plan) -> list[int]:
        """The cycle in which each frame (or batch) starts."""
        return self.frame_starts[:: plan.options.batch // plan.shape.input.frames]


def interface(plan: Plan, name: str) -> Interface:
    values = dict(interfaces(plan)[name])
    values["shape"] = tuple(values["shape"])
    return Interface(**values)


class _Bench:
    """Drives and watches one accelerator."""

    def __init__(self, plan: Plan, stalls: random.Random | None) -> None:
        self.core = Accelerator(plan=plan)
        self.shape = plan.shape
        self.reset = Signal()
        self.top = ResetInserter(self.reset)(self.core)
        self.stalls = stalls
        self.received: list[int] = []
        self.lasts: list[bool] = []
        self.result = Run(np.zeros(0, dtype=np.int64))

    def stalled(self) -> bool:
        return self.stalls is not None and self.stalls.random() < 0.4

    async def send(self, ctx: SimulatorContext, prefix: str, beats: Sequence[int]) -> None:
        data, valid, ready = (getattr(self.core, f"{prefix}_{name}") for name in ("tdata", "tvalid", "tready"))
        for beat in beats:
            while self.stalled():
                await ctx.tick()
            ctx.set(data, beat)
            ctx.set(valid, 1)
            taken = False
            while not taken:
                *_, taken = await ctx.tick().sample(ready)
            ctx.set(valid, 0)

    async def interrupt(self, ctx: SimulatorContext, cycles: int, streams: Sequence[tuple[str, Sequence[int]]]) -> None:
        """Beats for so many cycles, then a reset wherever the core may be."""
        left = cycles
        for prefix, beats in streams:
            valid, ready = getattr(self.core, f"{prefix}_tvalid"), getattr(self.core, f"{prefix}_tready")
            waiting = list(beats)
            ctx.set(valid, 1)
            while waiting and left:
                ctx.set(getattr(self.core, f"{prefix}_tdata"), waiting[0])
                *_, taken = await ctx.tick().sample(ready)
                left -= 1
                if taken:
                    waiting.pop(0)
            ctx.set(valid, 0)
        ctx.set(self.reset, 1)
        await ctx.tick().repeat(left + 1)
        ctx.set(self.reset, 0)

    async def receive(self, ctx: SimulatorContext, wanted: int, limit: int) -> None:
        core, result = self.core, self.result
        held: int | None = None
        for cycle in range(limit):
            ready = not self.stalled()
            ctx.set(core.m_axis_tready, ready)
            _, _, valid, data, last, in_valid, in_ready, started, done = await ctx.tick().sample(
                core.m_axis_tvalid, core.m_axis_tdata, core.m_axis_tlast, core.s_axis_tvalid, core.s_axis_tready,
                core.frame_start, core.layer_done,
            )  # fmt: skip
            assert held is None or (valid, data) == (1, held), "the payload must stay while it stalls"
            held = data if valid and not ready else None
            if valid and ready:
                self.received.append(data)
                self.lasts.append(bool(last))
            for happened, cycles in (
                (valid and ready, result.output_beats),
                (in_valid and in_ready, result.input_beats),
                (started, result.frame_starts),
                (done, result.layer_ends),
            ):
                if happened:
                    cycles.append(cycle)
            if len(self.received) == wanted:
                names = counter_names(self.shape)
                result.counters = {name: ctx.get(getattr(core, PREFIX + name)) for name in names}
                return
        raise AssertionError(f"no more output after {limit} cycles: {len(self.received)} of {wanted} beats, {result}")


def run(
    plan: Plan,
    frames: NDArray[np.integer],
    *,
    stalls: random.Random | None = None,
    weights: Sequence[int] | None = None,
    settle: int = 0,
    interrupted: int = 0,
) -> Run:
    """All frames through the core.

    Parameters
    ----------
    frames:
        (n, *plan.input_shape), n a multiple of the batch.
    stalls:
        Both sides hold still at random; None: never.
    weights:
        Beats for a core with loadable weights; None: those of the plan.
    settle:
        Cycles of silence before the first frame.
    interrupted:
        Cycles of a run that a reset ends, before all this.
    """
    source, sink = interface(plan, "input"), interface(plan, "output")
    beats = [int.from_bytes(beat.tobytes(), "little") for frame in to_beats(frames, source) for beat in frame]
    loading = weights if weights is not None else weight_stream(plan).tolist() if plan.shape.loadable else []
    wanted = len(frames) * sink.beats_per_frame
    cycles = plan.load_cycles + plan.compute_cycles + plan.unload_cycles
    limit = 1000 + settle + 3 * len(loading) + 6 * len(frames) * (cycles + len(beats))
    bench = _Bench(plan, stalls)
    streams = [("s_axis_weights", loading)] if loading else []

    async def send(ctx: SimulatorContext) -> None:
        if interrupted:
            await bench.interrupt(ctx, interrupted, [*streams, ("s_axis", beats)])
        if loading:
            await bench.send(ctx, "s_axis_weights", loading)
        if settle:
            await ctx.tick().repeat(settle)
        await bench.send(ctx, "s_axis", beats)

    async def receive(ctx: SimulatorContext) -> None:
        if interrupted:
            ctx.set(bench.core.m_axis_tready, 1)
            await ctx.tick().repeat(interrupted + 1)
        await bench.receive(ctx, wanted, limit)

    simulator = Simulator(bench.top)
    simulator.add_clock(1e-8)
    simulator.add_process(send)
    simulator.add_testbench(receive)
    simulator.run()
    ends = [(index + 1) % sink.beats_per_frame == 0 for index in range(wanted)]
    assert bench.lasts == ends, "tlast must mark each frame's last beat"
    raw = np.frombuffer(b"".join(beat.to_bytes(sink.beat_bytes, "little") for beat in bench.received), np.uint8)
    result = bench.result
    result.outputs = from_beats(raw.reshape(len(frames), sink.beats_per_frame, sink.beat_bytes), sink)
    return result
