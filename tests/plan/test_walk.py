"""The walk against a brute-force convolution: every lane of every tap of every group, element or padding."""

from __future__ import annotations

from math import lcm

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from hwgen.plan.layout import MapLayout, ceil_div, map_layout
from hwgen.plan.walk import Walk, Window, factors, walks


@st.composite
def windows(draw: DrawFn) -> tuple[tuple[int, int], Window]:
    """A map's height and width, and a window that fits it; also padding beyond the kernel."""
    size, kernel, stride, before, out = [], [], [], [], []
    for _ in range(2):
        extent, taps, step = draw(st.integers(1, 11)), draw(st.integers(1, 6)), draw(st.integers(1, 4))
        pads = draw(st.integers(0, taps)), draw(st.integers(0, taps))
        after = max(pads[1], taps - extent - pads[0])
        size.append(extent)
        kernel.append(taps)
        stride.append(step)
        before.append(pads[0])
        out.append((extent + pads[0] + after - taps) // step + 1)
    window = Window(
        kernel=(kernel[0], kernel[1]),
        stride=(stride[0], stride[1]),
        pad_top=before[0],
        pad_left=before[1],
        out_height=out[0],
        out_width=out[1],
    )
    return (size[0], size[1]), window


def layout_for(size: tuple[int, int], window: Window, lanes: int, extra: int) -> MapLayout:
    """The layout that suits the window; ``extra`` multiplies the split, as another consumer's stride does."""
    strides = zip(window.stride, (window.out_height, window.out_width), strict=True)
    split = lcm(extra, *(stride for stride, count in strides if count > 1))
    pitch = max(ceil_div(size[1], split), ceil_div(window.out_width, factors(split, window)[1]))
    return map_layout("m", (1, *size), pes=1, lanes=lanes, split=split, pitch=pitch)


def group_addresses(walk: Walk, lanes: int) -> list[int]:
    """The nested counter of the sequencer."""
    addresses, address = [], 0
    for _ in range(walk.outer):
        for inner in range(walk.inner):
            addresses.append(address)
            address += lanes if inner < walk.inner - 1 else walk.row_jump
    return addresses


def check_walk(walk: Walk, layout: MapLayout, window: Window, lanes: int) -> list[tuple[int, int]]:
    """Every lane that is written: its taps' addresses and masks; the outputs it makes."""
    made = []
    addresses = group_addresses(walk, lanes)
    assert len(addresses) == walk.groups
    for group, start in enumerate(addresses):
        for lane in range(lanes):
            y, x = divmod(group * lanes + lane, walk.wrap)
            if y >= walk.height or x >= walk.width:
                continue
            oy, ox = walk.factor_y * y + walk.phase_y, walk.factor_x * x + walk.phase_x
            made.append((oy, ox))
            for index, tap in enumerate(walk.taps):
                ky, kx = divmod(index, window.kernel[1])
                iy = oy * window.stride[0] + ky - window.pad_top
                ix = ox * window.stride[1] + kx - window.pad_left
                on_map = 0 <= iy < layout.height and 0 <= ix < layout.width
                valid = tap.y_low <= y <= tap.y_high and tap.x_low <= x <= tap.x_high
                assert valid == on_map, (oy, ox, ky, kx)
                assert valid <= (not tap.never)
                if on_map:
                    assert start + tap.offset + lane == layout.offset(iy, ix), (oy, ox, ky, kx)
    return made


@given(drawn=windows(), lanes=st.sampled_from([1, 2, 4, 8, 16]), extra=st.sampled_from([1, 1, 2, 3]))
def test_every_lane_reads_its_element_or_padding(drawn: tuple[tuple[int, int], Window], lanes: int, extra: int) -> None:
    size, window = drawn
    layout = layout_for(size, window, lanes, extra)
    made: list[tuple[int, int]] = []
    for walk in walks(layout, window, lanes=lanes):
        made += check_walk(walk, layout, window, lanes)
    assert sorted(made) == [(y, x) for y in range(window.out_height) for x in range(window.out_width)]


@given(drawn=windows(), lanes=st.sampled_from([1, 2, 4, 8]))
def test_the_shorter_of_both_walks_is_taken(drawn: tuple[tuple[int, int], Window], lanes: int) -> None:
    size, window = drawn
    layout = layout_for(size, window, lanes, 1)
    for walk in walks(layout, window, lanes=lanes):
        flat = ceil_div((walk.height - 1) * layout.pitch + walk.width, lanes)
        by_row = walk.height * ceil_div(walk.width, lanes)
        assert walk.groups == min(flat, by_row)


@given(
    frames=st.integers(2, 11),
    lanes=st.sampled_from([1, 2, 4, 8]),
    height=st.integers(1, 4),
    width=st.integers(1, 4),
)
def test_the_frames_of_a_batch_are_the_positions(frames: int, lanes: int, height: int, width: int) -> None:
    layout = map_layout(
        "m", (1, height, width), pes=1, lanes=lanes, split=1, pitch=width, x_pitch=ceil_div(frames, lanes) * lanes
    )
    window = Window(kernel=(height, width), stride=(1, 1), pad_top=0, pad_left=0, out_height=1, out_width=1)
    (walk,) = walks(layout, window, lanes=lanes, frames=frames)
    seen = []
    for group, start in enumerate(group_addresses(walk, lanes)):
        for lane in range(lanes):
            y, frame = divmod(group * lanes + lane, walk.wrap)
            if y >= walk.height or frame >= walk.width:
                continue
            seen.append(frame)
            for index, tap in enumerate(walk.taps):
                assert tap.x_low <= frame <= tap.x_high
                assert tap.y_low <= y <= tap.y_high
                assert start + tap.offset + lane == layout.offset(*divmod(index, width)) + frame
    assert seen == list(range(frames))
