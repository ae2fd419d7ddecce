"""How frames enter and leave the core."""

from __future__ import annotations

from math import gcd

from hwgen.model import Activation
from hwgen.plan import latency
from hwgen.plan.layout import MapLayout, ceil_div
from hwgen.plan.shape import InputAddressing, StreamShape

MAX_BEAT_BITS = 512
OUTPUT_BEATS = 16
"""Beats that wait where outputs leave in another order than they are stored: more than their way takes cycles."""


def stream_shape(activation: Activation, *, pes: int, lanes: int, frames: int) -> StreamShape:
    """Beats of a map: a pixel with all its channels; of a vector: min(F, max(lanes, 8)) elements; at most 512 bits."""
    channels, height, width = activation.chw
    element_bits = ceil_div(activation.bits, 8) * 8
    limit = MAX_BEAT_BITS // element_bits
    per_beat = channels if len(activation.shape) == 3 else min(channels, max(lanes, 8))
    if per_beat > limit:
        per_beat = limit // pes * pes if pes <= limit else limit
    chunk = min(channels, pes) if per_beat >= channels else gcd(per_beat, pes)
    chunks_per_beat = ceil_div(min(per_beat, channels), chunk)
    chunks_per_pixel = ceil_div(channels, chunk)
    return StreamShape(
        channels=channels,
        pixels_per_frame=height * width,
        frames=frames,
        bits=activation.bits,
        signed=activation.signed,
        element_bits=element_bits,
        elements_per_beat=per_beat,
        chunk=chunk,
        bank_groups=1 if per_beat >= channels else pes // chunk,
        chunks_per_beat=chunks_per_beat,
        chunks_per_pixel=chunks_per_pixel,
        beats_per_pixel=ceil_div(chunks_per_pixel, chunks_per_beat),
    )


def input_addressing(layout: MapLayout, *, frames: int) -> InputAddressing:
    """Increments along the arriving pixels. The frames of a batch lie beside each element: a row is a whole frame."""
    m = layout.split
    if frames > 1:
        return InputAddressing(
            base=layout.base,
            slot_stride=layout.slot_stride,
            columns=layout.height * layout.width,
            split=1,
            x_step=0,
            x_wrap_step=layout.x_pitch,
            y_step=0,
            y_wrap_step=1 - (layout.height * layout.width - 1) * layout.x_pitch,
        )
    last = layout.width - 1
    return InputAddressing(
        base=layout.base,
        slot_stride=layout.slot_stride,
        columns=layout.width,
        split=m,
        x_step=layout.offset(0, 1) - layout.offset(0, 0),
        x_wrap_step=layout.offset(0, m) - layout.offset(0, m - 1),
        y_step=layout.offset(1, 0) - layout.offset(0, last),
        y_wrap_step=layout.offset(m, 0) - layout.offset(m - 1, last),
        spread=layout.spread,
    )


def load_cycles(stream: StreamShape) -> int:
    """From the first beat to the cycle in which the first layer starts: the beat's register, then a chunk a cycle."""
    return stream.chunks_per_pixel * stream.pixels + 1


def unload_cycles(stream: StreamShape, *, ordered: bool = False, scores: int = 0) -> int:
    """From the cycle in which the last byte is written to the last beat.

    The byte's register, then a word is read (``latency.MEMORY`` + 1), its chunks leave one a cycle, then the beat's
    register. ``ordered``: one element a cycle, through ``latency.ORDERED``. ``scores``: as many elements are compared,
    one a cycle, frame after frame.
    """
    if scores:
        return stream.pixels * (scores + latency.argmax(ordered=ordered)) + 1
    if ordered:
        return stream.pixels * stream.channels + latency.ORDERED + 1
    words_per_pixel = ceil_div(stream.chunks_per_pixel, stream.bank_groups)
    return stream.pixels * (words_per_pixel * latency.MEMORY + stream.chunks_per_pixel) + 2
