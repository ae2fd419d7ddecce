"""Runs an accelerator in Amaranth's simulator and records outputs and strobes."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np
from amaranth.sim import SimulatorContext, Simulator
from numpy.typing import NDArray

from hwgen.flow.folder import Interface
from hwgen.flow.frames import from_beats, to_beats
from hwgen.gateware import Accelerator
from hwgen.plan import Plan
from hwgen.plan.interfaces import interfaces


@dataclass
class Run:
    """Outputs (frames, *shape), and the cycles of what happened."""

    outputs: NDArray[np.integer]
    input_beats: list[int] = field(default_factory=list)
    output_beats: list[int] = field(default_factory=list)
    frame_starts: list[int] = field(default_factory=list)
    layer_ends: list[int] = field(default_factory=list)

    @property
    def layer_cycles(self) -> list[int]:
        """Cycles of each layer_done pulse of the first frame, from its start."""
        ends = [self.frame_starts[0], *self.layer_ends]
        return [after - before for before, after in zip(ends, ends[1:], strict=False)]


def interface(plan: Plan, name: str) -> Interface:
    values = dict(interfaces(plan)[name])
    values["shape"] = tuple(values["shape"])
    return Interface(**values)


def run(
    plan: Plan, frames: NDArray[np.integer], *, stalls: random.Random | None = None, weights: list[int] | None = None
) -> Run:
    """All frames through the core; with ``stalls`` both sides hold still at random."""
    source, sink = interface(plan, "input"), interface(plan, "output")
    beats = [int.from_bytes(beat.tobytes(), "little") for frame in to_beats(frames, source) for beat in frame]
    wanted = len(frames) * sink.beats_per_frame
    core = Accelerator(plan=plan)
    simulator = Simulator(core)
    simulator.add_clock(1e-8)
    result = Run(np.zeros(0, dtype=np.int64))
    received: list[int] = []
    lasts: list[bool] = []

    def stalled() -> bool:
        return stalls is not None and stalls.random() < 0.4

    async def send_weights(ctx: SimulatorContext) -> None:
        for word in weights or []:
            ctx.set(core.s_axis_weights_tdata, word)
            ctx.set(core.s_axis_weights_tvalid, 1)
            await ctx.tick().until(core.s_axis_weights_tready)
        if weights:
            ctx.set(core.s_axis_weights_tvalid, 0)

    async def send(ctx: SimulatorContext) -> None:
        for beat in beats:
            while stalled():
                ctx.set(core.s_axis_tvalid, 0)
                await ctx.tick()
            ctx.set(core.s_axis_tdata, beat)
            ctx.set(core.s_axis_tvalid, 1)
            await ctx.tick().until(core.s_axis_tready)
        ctx.set(core.s_axis_tvalid, 0)

    async def receive(ctx: SimulatorContext) -> None:
        cycle = 0
        limit = 5000 + 6 * len(frames) * (plan.compute_cycles + plan.load_cycles + plan.unload_cycles) + 4 * len(
            weights or []
        )
        held: int | None = None
        while len(received) < wanted:
            assert cycle < limit, f"{result} no output after {cycle} cycles, {len(received)} of {wanted} beats"
            ready = not stalled()
            ctx.set(core.m_axis_tready, ready)
            _, _, valid, data, last, in_valid, in_ready, started, done = await ctx.tick().sample(
                core.m_axis_tvalid, core.m_axis_tdata, core.m_axis_tlast, core.s_axis_tvalid, core.s_axis_tready,
                core.frame_start, core.layer_done,
            )  # fmt: skip
            if held is not None:
                assert valid and data == held, "the payload must stay while it stalls"
            held = data if valid and not ready else None
            if valid and ready:
                received.append(data)
                lasts.append(bool(last))
                result.output_beats.append(cycle)
            if in_valid and in_ready:
                result.input_beats.append(cycle)
            if started:
                result.frame_starts.append(cycle)
            if done:
                result.layer_ends.append(cycle)
            cycle += 1

    async def both(ctx: SimulatorContext) -> None:
        await send_weights(ctx)
        await send(ctx)

    simulator.add_process(both)
    simulator.add_testbench(receive)
    simulator.run()
    expected_lasts = [(index + 1) % sink.beats_per_frame == 0 for index in range(wanted)]
    assert lasts == expected_lasts, "tlast must mark each frame's last beat"
    raw = np.frombuffer(b"".join(beat.to_bytes(sink.beat_bytes, "little") for beat in received), np.uint8)
    result.outputs = from_beats(raw.reshape(len(frames), sink.beats_per_frame, sink.beat_bytes), sink)
    return result
