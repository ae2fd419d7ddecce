"""Columns of real walks through the read address and a bank, against a plain convolution's windows."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.plan import latency
from hwgen.plan.fields import FieldLayout
from hwgen.plan.images import MemoryImage
from hwgen.plan.layout import MapLayout
from hwgen.plan.walk import Walk, Window, walks
from tests.gateware.bench import pack, shape_of, trace, unpack
from tests.gateware.parts import Reader
from tests.plan.test_walk import group_addresses, layout_for, windows

PAD = -77


def walked(walk: Walk, layout: MapLayout, window: Window, content: np.ndarray, lanes: int) -> None:
    """One phase over one channel's map."""
    bits = max(1, (layout.extent + 4 * lanes).bit_length())
    wrap_bits = max(1, (walk.wrap - 1).bit_length(), walk.width.bit_length())
    y_bits = (walk.height + lanes + walk.groups * lanes // walk.wrap).bit_length()
    fields = FieldLayout(
        (("offset", bits), ("x_low", wrap_bits), ("x_high", wrap_bits), ("y_low", y_bits), ("y_high", y_bits))
    )
    base = shape_of(lanes=lanes)
    read_fields = FieldLayout(tuple((name, wrap_bits if name == "wrap" else w) for name, w in base.read_fields.fields))
    words = -(-layout.extent // lanes)
    shape = shape_of(
        lanes=lanes, bank_words=max(4, words), address_bits=bits, act_bits=8, has_padding=True, unaligned=True,
        tap_fields=fields, read_fields=read_fields,
    )  # fmt: skip
    records = [
        {"offset": tap.offset % (1 << bits), "x_low": 1, "x_high": 0, "y_low": 1, "y_high": 0}
        if tap.never
        else {
            "offset": tap.offset % (1 << bits),
            "x_low": tap.x_low,
            "x_high": tap.x_high,
            "y_low": tap.y_low,
            "y_high": tap.y_high,
        }
        for tap in walk.taps
    ]
    component = Reader(shape=shape, taps=MemoryImage("taps", fields.width, [fields.pack(r) for r in records]))
    rows: list[dict[str, int]] = [
        {"wen": 1, "element": layout.offset(y, x), "wdata": pack([content[y, x]], 8)}
        for y in range(layout.height)
        for x in range(layout.width)
    ]
    rows.append({"wen": 0, "pad": pack([PAD], 8), "wrap": walk.wrap - 1, "prepare": 1})
    rows += [{"prepare": 0}] * (lanes + 1)
    due: list[tuple[int, int, int]] = []
    for group, start in enumerate(group_addresses(walk, lanes)):
        begin = len(rows)
        for index in range(len(walk.taps)):
            due.append((len(rows) + latency.ISSUE + latency.bank(lanes), group, index))
            rows.append({"address": start % (1 << bits), "tap": index, "group_first": int(index == 0)})
        # a group never takes fewer cycles than there are lanes
        rows += [{"group_first": 0}] * max(0, lanes - (len(rows) - begin))
    rows += [{}] * (latency.ISSUE + latency.bank(lanes) + 1)
    vectors = [row["vector"] for row in trace(component, rows, ["vector"])]
    for cycle, group, index in due:
        ky, kx = divmod(index, window.kernel[1])
        for lane, value in enumerate(unpack(vectors[cycle], 8, lanes)):
            y, x = divmod(group * lanes + lane, walk.wrap)
            if y >= walk.height or x >= walk.width:
                continue
            iy = (walk.factor_y * y + walk.phase_y) * window.stride[0] + ky - window.pad_top
            ix = (walk.factor_x * x + walk.phase_x) * window.stride[1] + kx - window.pad_left
            on_map = 0 <= iy < layout.height and 0 <= ix < layout.width
            assert value == (content[iy, ix] if on_map else PAD), (group, lane, ky, kx)


@settings(max_examples=25)
@given(drawn=windows(), lanes=st.sampled_from([1, 2, 4, 8, 16]), seed=st.integers(0, 1 << 20))
def test_every_lane_is_an_element_of_the_window_or_padding(
    drawn: tuple[tuple[int, int], Window], lanes: int, seed: int
) -> None:
    size, window = drawn
    layout = layout_for(size, window, lanes, 1)
    content = np.random.default_rng(seed).integers(-128, 128, size)
    for walk in walks(layout, window, lanes=lanes)[:2]:
        walked(walk, layout, window, content, lanes)
