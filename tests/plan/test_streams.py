from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from hwgen.model import Activation
from hwgen.plan.layout import ceil_div, map_layout
from hwgen.plan.shape import InputAddressing
from hwgen.plan.streams import MAX_BEAT_BITS, input_addressing, stream_shape
from tests.plan.small import act

channels_of_any_kind = st.integers(1, 20) | st.sampled_from([31, 64, 65, 128, 200, 513])


@st.composite
def activations(draw: DrawFn) -> Activation:
    channels = draw(channels_of_any_kind)
    bits = draw(st.sampled_from([2, 4, 8, 16]))
    shape = (channels, draw(st.integers(1, 4)), draw(st.integers(1, 4))) if draw(st.booleans()) else (channels,)
    return act(*shape, bits=bits, min=0, max=1, zero_point=0)


@given(
    activation=activations(), pes=st.integers(1, 17), lanes=st.sampled_from([1, 2, 4, 8, 16]), frames=st.integers(1, 3)
)
def test_beats_hold_whole_chunks_and_pixels(activation: Activation, pes: int, lanes: int, frames: int) -> None:
    stream = stream_shape(activation, pes=pes, lanes=lanes, frames=frames)
    channels, height, width = activation.chw
    assert stream.element_bits in (8, 16)
    assert stream.element_bits >= activation.bits
    assert stream.data_bits <= MAX_BEAT_BITS
    assert stream.pixels == height * width * frames
    # a beat is a whole number of chunks, a pixel of beats, and a chunk never spans the banks' end
    assert stream.chunks_per_beat * stream.chunk >= min(stream.elements_per_beat, channels)
    assert (stream.chunks_per_beat - 1) * stream.chunk < stream.elements_per_beat
    assert stream.beats_per_pixel == ceil_div(channels, stream.elements_per_beat)
    assert stream.chunks_per_pixel == ceil_div(channels, stream.chunk)
    assert stream.chunk <= pes
    assert stream.chunk * stream.bank_groups <= pes
    if stream.chunks_per_pixel > stream.bank_groups:
        assert stream.chunk * stream.bank_groups == pes, "the next address follows when every bank has its element"
    if stream.beats_per_pixel > 1:
        assert stream.elements_per_beat % stream.chunk == 0


@given(channels=st.integers(1, 64), pes=st.integers(1, 8))
def test_a_pixel_is_one_beat_where_it_fits(channels: int, pes: int) -> None:
    stream = stream_shape(act(channels, 2, 2), pes=pes, lanes=2, frames=1)
    assert (stream.elements_per_beat, stream.beats_per_pixel) == (channels, 1)


@given(features=st.integers(1, 100), lanes=st.sampled_from([1, 2, 4, 8, 16, 32]))
def test_a_vectors_beat_has_as_many_elements_as_lanes_but_at_least_eight(features: int, lanes: int) -> None:
    stream = stream_shape(act(features), pes=4, lanes=lanes, frames=1)
    assert stream.elements_per_beat == min(features, max(lanes, 8))


def walked(place: InputAddressing, pixels: int) -> list[int]:
    """Addresses of the pixels as the loader's counters make them, slot 0."""
    addresses, offset, x, y = [], place.base, 0, 0
    for _ in range(pixels):
        addresses.append(offset)
        x_wraps, y_wraps = x % place.split == place.split - 1, y % place.split == place.split - 1
        if x == place.columns - 1:
            offset += place.y_wrap_step if y_wraps else place.y_step
            x, y = 0, y + 1
        else:
            offset += place.x_wrap_step if x_wraps else place.x_step
            x += 1
    return addresses


@given(
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    split=st.integers(1, 4),
    spare=st.integers(0, 2),
    base=st.integers(0, 5),
)
def test_pixels_arrive_at_their_layouts_addresses(height: int, width: int, split: int, spare: int, base: int) -> None:
    layout = map_layout("m", (3, height, width), pes=2, lanes=4, split=split, pitch=ceil_div(width, split) + spare).at(
        base * 4
    )
    place = input_addressing(layout, frames=1)
    expected = [layout.address(0, y, x) for y in range(height) for x in range(width)]
    assert walked(place, height * width) == expected
    assert place.slot_stride == layout.slot_stride


@given(height=st.integers(1, 4), width=st.integers(1, 4), frames=st.integers(2, 9), lanes=st.sampled_from([1, 2, 4, 8]))
def test_the_frames_of_a_batch_arrive_one_after_the_other_and_lie_side_by_side(
    height: int, width: int, frames: int, lanes: int
) -> None:
    pitch = ceil_div(frames, lanes) * lanes
    layout = map_layout("m", (1, height, width), pes=1, lanes=lanes, split=1, pitch=width, x_pitch=pitch)
    expected = [layout.address(0, y, x) + f for f in range(frames) for y in range(height) for x in range(width)]
    assert walked(input_addressing(layout, frames=frames), frames * height * width) == expected
