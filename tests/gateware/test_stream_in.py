from __future__ import annotations

import random
from typing import Any

import numpy as np
from amaranth.sim import SimulatorContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from hwgen.flow.folder import Interface
from hwgen.flow.frames import to_beats
from hwgen.gateware.stream_in import StreamIn
from hwgen.model import Activation
from hwgen.plan.layout import MapLayout, ceil_div, map_layout
from hwgen.plan.streams import input_addressing, load_cycles, stream_shape
from tests.gateware.bench import shape_of, simulate, unpack
from tests.plan.small import act


@st.composite
def maps(draw: DrawFn) -> Activation:
    bits = draw(st.sampled_from([2, 4, 8, 16]))
    signed = draw(st.booleans())
    channels = draw(st.sampled_from([1, 2, 3, 5, 8, 13, 33]))
    shape = (channels, draw(st.integers(1, 5)), draw(st.integers(1, 5))) if draw(st.booleans()) else (channels,)
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    return act(*shape, bits=bits, signed=signed, zero_point=0, min=low, max=high)


def interface_of(activation: Activation, stream: Any) -> Interface:
    return Interface(
        prefix="s", shape=activation.shape, bits=stream.bits, signed=stream.signed, element_bits=stream.element_bits,
        elements_per_beat=stream.elements_per_beat, data_bits=stream.data_bits,
        beats_per_frame=stream.beats_per_pixel * stream.pixels_per_frame,
    )  # fmt: skip


def beats_of(frames: np.ndarray, face: Interface) -> list[int]:
    return [int.from_bytes(beat.tobytes(), "little") for frame in to_beats(frames, face) for beat in frame]


def expected_writes(frames: np.ndarray, layout: MapLayout, pes: int, offset: int) -> dict[tuple[int, int], int]:
    """(bank, address) -> stored value of frames that lie side by side."""
    result = {}
    for index, frame in enumerate(frames):
        values = frame.reshape(layout.channels, layout.height, layout.width)
        for (c, y, x), value in np.ndenumerate(values):
            position = c * layout.channel_banks + layout.bank(y, x)
            result[position % pes, layout.address(position // pes, y, x) + index] = int(value) - offset
    return result


@settings(max_examples=25)
@given(
    activation=maps(),
    pes=st.sampled_from([*range(1, 10), 16, 32]),
    lanes=st.sampled_from([1, 4, 8]),
    place=st.sampled_from([(1, 1), (2, 1), (3, 1), (1, 3)]),
    base=st.integers(0, 3),
    stalls=st.integers(0, 1 << 16),
)
def test_every_element_is_written_once_where_it_belongs(
    activation: Activation, pes: int, lanes: int, place: tuple[int, int], base: int, stalls: int
) -> None:
    """Three loads of any split, or batches; random gaps of sender and banks: nothing lost, doubled or reordered."""
    rng = random.Random(stalls)
    channels, height, width = activation.chw
    split, batch = place
    spread = split > 1 and batch == 1 and channels * split * split <= pes
    layout = map_layout(
        "input", (channels, height, width), pes=pes, lanes=lanes, split=split, pitch=ceil_div(width, split),
        x_pitch=ceil_div(batch, lanes) * lanes if batch > 1 else 1, spread=spread,
    ).at(base * lanes)  # fmt: skip
    act_bits = 16 if activation.bits == 16 else 8
    stream = stream_shape(activation, pes=pes, lanes=lanes, frames=batch)
    shape = shape_of(
        pes=pes, lanes=lanes, act_bits=act_bits, input=stream,
        address_bits=(layout.base + layout.extent).bit_length(),
        input_addressing=input_addressing(layout, frames=batch),
    )  # fmt: skip
    component = StreamIn(shape=shape)
    frames = np.random.default_rng(stalls).integers(activation.min, activation.max + 1, (3 * batch, *activation.shape))
    beats = beats_of(frames, interface_of(activation, stream))
    offset = 0 if activation.signed else 1 << (activation.bits - 1)
    loads: list[dict[tuple[int, int], int]] = []

    async def send(ctx: SimulatorContext) -> None:
        for beat in beats:
            while rng.random() < 0.3:
                await ctx.tick()
            ctx.set(component.tdata, beat)
            ctx.set(component.tvalid, 1)
            taken = False
            while not taken:
                _, _, taken = await ctx.tick().sample(component.tready)
            ctx.set(component.tvalid, 0)

    async def banks(ctx: SimulatorContext) -> None:
        """Takes the writes; releases each frame a while after it is full."""
        ctx.set(component.enable, 1)
        written: dict[tuple[int, int], int] = {}
        full_for = 0
        while len(loads) < 3:
            blocked = rng.random() < 0.3
            ctx.set(component.blocked, blocked)
            ctx.set(component.release, full_for == 5)
            _, _, write, address, data, full = await ctx.tick().sample(
                component.write, component.address, component.data, component.full
            )
            assert not (write and (blocked or full)), "only free cycles are taken, and no frame is overwritten"
            for bank, value in enumerate(unpack(data, act_bits, pes)):
                if write >> bank & 1:
                    assert (bank, int(address)) not in written, "a place is written once"
                    written[bank, int(address)] = value
            if full_for == 5:
                loads.append(written)
                written = {}
            full_for = full_for + 1 if full and full_for < 6 else 0

    simulate(component, send, banks)
    for index, written in enumerate(loads):
        expected = expected_writes(frames[index * batch : (index + 1) * batch], layout, pes, offset)
        assert expected.items() <= written.items()
        # banks beyond a pixel's last channel take what the beat holds there, into a slot that nobody reads
        spare = set(written) - set(expected)
        assert all(bank + slot_of(layout, address) * pes >= channels for bank, address in spare)


def slot_of(layout: MapLayout, address: int) -> int:
    return (address - layout.base) // layout.slot_stride


@settings(max_examples=12)
@given(activation=maps(), pes=st.integers(1, 9))
def test_a_frame_takes_a_chunk_a_cycle(activation: Activation, pes: int) -> None:
    """The load cycles of the plan: from the first beat to the cycle in which the frame is complete."""
    channels, height, width = activation.chw
    layout = map_layout("input", (channels, height, width), pes=pes, lanes=1, split=1, pitch=width)
    stream = stream_shape(activation, pes=pes, lanes=1, frames=1)
    shape = shape_of(
        pes=pes, lanes=1, act_bits=16 if activation.bits == 16 else 8, input=stream,
        address_bits=layout.extent.bit_length(), input_addressing=input_addressing(layout, frames=1),
    )  # fmt: skip
    component = StreamIn(shape=shape)
    frames = np.zeros((1, *activation.shape), np.int64) + activation.min
    beats = beats_of(frames, interface_of(activation, stream))
    seen: dict[str, int] = {}

    async def bench(ctx: SimulatorContext) -> None:
        ctx.set(component.enable, 1)
        waiting = list(beats)
        for cycle in range(load_cycles(stream) + 2):
            ctx.set(component.tvalid, bool(waiting))
            ctx.set(component.tdata, waiting[0] if waiting else 0)
            _, _, ready, full = await ctx.tick().sample(component.tready, component.full)
            if waiting and ready:
                waiting.pop(0)
                seen.setdefault("first", cycle)
            if full:
                seen.setdefault("full", cycle)

    simulate(component, bench)
    assert seen["full"] - seen["first"] == load_cycles(stream)


def test_nothing_is_taken_before_the_core_is_enabled() -> None:
    component = StreamIn(shape=shape_of())
    taken = []

    async def bench(ctx: SimulatorContext) -> None:
        ctx.set(component.tvalid, 1)
        for enable in (0, 0, 0, 1):
            ctx.set(component.enable, enable)
            _, _, ready = await ctx.tick().sample(component.tready)
            taken.append(int(ready))

    simulate(component, bench)
    assert taken == [0, 0, 0, 1]
