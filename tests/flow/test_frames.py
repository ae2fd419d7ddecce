"""Frames and beats: a round trip for every shape, and the layout against one written out element by element."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.flow.folder import Interface
from hwgen.flow.frames import bounds, from_beats, smallest_dtype, to_beats, whole_batches


def interface_of(shape: tuple[int, ...], *, per_beat: int, bits: int = 8, signed: bool = True) -> Interface:
    element_bits = 8 * -(-bits // 8)
    pixels = int(np.prod(shape[1:]))
    return Interface(
        prefix="s_axis",
        shape=shape,
        bits=bits,
        signed=signed,
        element_bits=element_bits,
        elements_per_beat=per_beat,
        data_bits=per_beat * element_bits,
        beats_per_frame=pixels * -(-shape[0] // per_beat),
    )


@st.composite
def streams(draw: st.DrawFn) -> tuple[Interface, Any]:
    shape = draw(st.one_of(st.tuples(st.integers(1, 37)), st.tuples(*[st.integers(1, 7)] * 3)))
    interface = interface_of(
        shape, per_beat=draw(st.integers(1, 13)), bits=draw(st.sampled_from([1, 2, 4, 7, 8, 9, 16, 24, 32])),
        signed=draw(st.booleans()),
    )  # fmt: skip
    low, high = bounds(interface)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    frames = rng.integers(low, high, (draw(st.integers(1, 5)), *shape), endpoint=True)
    frames[rng.random(frames.shape) < 0.1] = low
    frames[rng.random(frames.shape) < 0.1] = high
    return interface, frames


@given(streams())
def test_round_trip(stream: tuple[Interface, Any]) -> None:
    interface, frames = stream
    beats = to_beats(frames, interface)
    assert beats.shape == (len(frames), interface.beats_per_frame, interface.beat_bytes)
    back = from_beats(beats, interface)
    assert back.dtype == smallest_dtype(interface)
    assert np.array_equal(back, frames)


@given(streams())
def test_layout_is_y_x_c_with_zero_padding(stream: tuple[Interface, Any]) -> None:
    interface, frames = stream
    channels, height, width = (*interface.shape, 1, 1)[:3]
    size = interface.element_bits // 8
    wanted = []
    for y in range(height):
        for x in range(width):
            for first in range(0, channels, interface.elements_per_beat):
                beat = b""
                for c in range(first, first + interface.elements_per_beat):
                    value = int(frames.reshape(len(frames), channels, height, width)[0, c, y, x]) if c < channels else 0
                    beat += value.to_bytes(size, "little", signed=interface.signed)
                wanted.append(beat)
    assert [bytes(beat) for beat in to_beats(frames, interface)[0]] == wanted


@pytest.mark.parametrize(
    ("bits", "signed", "low", "high", "dtype"),
    [
        (1, True, -1, 1, np.int8),
        (1, False, 0, 1, np.uint8),
        (8, True, -128, 127, np.int8),
        (8, False, 0, 255, np.uint8),
        (9, True, -256, 255, np.int16),
        (16, False, 0, 65535, np.uint16),
        (32, True, -(2**31), 2**31 - 1, np.int32),
    ],
)
def test_range_and_type(bits: int, signed: bool, low: int, high: int, dtype: type) -> None:
    interface = interface_of((3,), per_beat=2, bits=bits, signed=signed)
    assert bounds(interface) == (low, high)
    assert smallest_dtype(interface) == dtype


@pytest.mark.parametrize(("frames", "batch", "whole"), [(1, 1, 1), (1, 4, 4), (4, 4, 4), (5, 4, 8), (7, 3, 9)])
def test_batches_are_filled_with_the_last_frame(frames: int, batch: int, whole: int) -> None:
    given_frames = np.arange(frames)[:, None]
    filled = whole_batches(given_frames, batch)
    assert filled[:, 0].tolist() == [*range(frames), *[frames - 1] * (whole - frames)]
