from __future__ import annotations

import random

import numpy as np
from amaranth.sim import SimulatorContext
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.flow.frames import from_beats
from hwgen.gateware.stream_out import StreamOut
from hwgen.model import Activation
from hwgen.plan.layout import ceil_div
from hwgen.plan.streams import stream_shape, unload_cycles
from tests.gateware.bench import pack, shape_of, simulate
from tests.gateware.test_stream_in import interface_of, maps

OUTPUT_DONE = 1
"""``unload_cycles`` counts from the cycle of the last result: its register in the array lies before ``start``."""


@settings(max_examples=25)
@given(
    activation=maps(),
    pes=st.integers(1, 9),
    lanes=st.sampled_from([1, 8]),
    batch=st.sampled_from([1, 1, 3]),
    stalls=st.none() | st.integers(0, 1 << 16),
)
def test_the_buffer_leaves_once_and_in_order(
    activation: Activation, pes: int, lanes: int, batch: int, stalls: int | None
) -> None:
    """Three times; stalls do not change a payload that waits; without them it takes the plan's cycles."""
    channels, height, width = activation.chw
    stream = stream_shape(activation, pes=pes, lanes=lanes, frames=batch)
    face = interface_of(activation, stream)
    act_bits = 16 if activation.bits == 16 else 8
    slots = ceil_div(channels, pes)
    words = height * width * slots * batch
    component = StreamOut(shape=shape_of(pes=pes, lanes=lanes, act_bits=act_bits, output=stream, output_words=words))
    rng = random.Random(stalls)
    frames = np.random.default_rng(stalls or 0).integers(
        activation.min, activation.max + 1, (3 * batch, *activation.shape)
    )
    offset = 0 if activation.signed else 1 << (activation.bits - 1)
    stored = np.zeros((3 * batch, height * width, slots * pes), np.int64)
    stored[:, :, :channels] = frames.reshape(3 * batch, channels, height * width).transpose(0, 2, 1) - offset
    # what a bank beyond the last channel holds must not be seen
    stored[:, :, channels:] = 99
    memory = stored.reshape(3, words, pes)
    received: list[int] = []
    lasts: list[int] = []

    async def one(ctx: SimulatorContext, buffer: np.ndarray) -> None:
        for address in range(words):
            ctx.set(component.address, address)
            ctx.set(component.data, pack(buffer[address], act_bits))
            ctx.set(component.write, (1 << pes) - 1)
            await ctx.tick()
        ctx.set(component.write, 0)
        assert ctx.get(component.free)
        ctx.set(component.start, 1)
        await ctx.tick()
        ctx.set(component.start, 0)
        held: int | None = None
        wanted = batch * face.beats_per_frame
        got = 0
        for cycle in range(1, 100 + 20 * words * stream.chunks_per_pixel):
            ready = stalls is None or rng.random() < 0.6
            ctx.set(component.tready, ready)
            _, _, valid, data, last = await ctx.tick().sample(component.tvalid, component.tdata, component.tlast)
            assert held is None or (valid and data == held)
            held = int(data) if valid and not ready else None
            if valid and ready:
                received.append(int(data))
                lasts.append(int(last))
                got += 1
            if got == wanted:
                assert stalls is not None or cycle + OUTPUT_DONE == unload_cycles(stream)
                break
        assert got == wanted
        ctx.set(component.tready, 1)
        for _ in range(6):
            _, _, valid = await ctx.tick().sample(component.tvalid)
            assert not valid
        assert ctx.get(component.free)

    async def bench(ctx: SimulatorContext) -> None:
        for buffer in memory:
            await one(ctx, buffer)

    simulate(component, bench)
    raw = np.frombuffer(b"".join(beat.to_bytes(face.beat_bytes, "little") for beat in received), np.uint8)
    found = from_beats(raw.reshape(3 * batch, face.beats_per_frame, face.beat_bytes), face)
    np.testing.assert_array_equal(found, frames)
    assert lasts == ([0] * (face.beats_per_frame - 1) + [1]) * 3 * batch
    # elements beyond the last channel are zeros
    used = face.beats_per_pixel * face.elements_per_beat
    bits = np.unpackbits(raw.reshape(-1, face.beats_per_pixel * face.beat_bytes), axis=1, bitorder="little")
    assert used >= channels
    assert not bits[:, channels * stream.element_bits :].any()
