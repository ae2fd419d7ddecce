"""Frames to AXI4-Stream beats and back.

A frame (C, H, W) travels as y, x, c with c fastest. A beat holds ``elements_per_beat`` elements, element k at bit
k * element_bits, and never spans two pixels: the last beat of a pixel is zero-padded. A vector (F,) is one pixel of F
channels. Elements are two's complement, sign-extended to ``element_bits``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hwgen.flow.folder import Interface

IntArray = NDArray[np.integer]
Beats = NDArray[np.uint8]

WORD = np.dtype("<i8")  # wide enough for every element; its first bytes are the element's


def bounds(interface: Interface) -> tuple[int, int]:
    """Smallest and largest value of an element. One signed bit means -1 and +1."""
    if not interface.signed:
        return 0, 2**interface.bits - 1
    if interface.bits == 1:
        return -1, 1
    return -(2 ** (interface.bits - 1)), 2 ** (interface.bits - 1) - 1


def smallest_dtype(interface: Interface) -> np.dtype[np.integer]:
    """Smallest integer type that holds every element."""
    low, high = bounds(interface)
    kinds = (np.int8, np.int16, np.int32, np.int64) if low < 0 else (np.uint8, np.uint16, np.uint32)
    return next(np.dtype(kind) for kind in kinds if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max)


def to_beats(frames: IntArray, interface: Interface) -> Beats:
    """(n, *shape) integers -> (n, beats_per_frame, data_bits / 8) bytes, least significant first."""
    n = len(frames)
    channels = interface.shape[0]
    pixels = frames.reshape(n, channels, interface.pixels).transpose(0, 2, 1)
    padded = np.zeros((n, interface.pixels, interface.beats_per_pixel * interface.elements_per_beat), WORD)
    padded[:, :, :channels] = pixels
    every_byte = padded.view(np.uint8).reshape(*padded.shape, WORD.itemsize)
    used = every_byte[..., : interface.element_bits // 8]
    return np.ascontiguousarray(used).reshape(n, interface.beats_per_frame, interface.beat_bytes)


def from_beats(beats: Beats, interface: Interface) -> IntArray:
    """(n, beats_per_frame, data_bits / 8) bytes -> (n, *shape) in the smallest type; padding is not looked at."""
    n = len(beats)
    per_pixel = interface.beats_per_pixel * interface.elements_per_beat
    words = np.zeros((n, interface.pixels, per_pixel, WORD.itemsize), np.uint8)
    words[..., : interface.element_bits // 8] = beats.reshape(n, interface.pixels, per_pixel, -1)
    unused = 64 - interface.element_bits
    values = words.view(WORD)[..., 0] << unused
    # The arithmetic shift back extends the sign; an unsigned element needs the logical one.
    values = values >> unused if interface.signed else (values.view("<u8") >> np.uint64(unused)).view(WORD)
    pixels = values[:, :, : interface.shape[0]].transpose(0, 2, 1)
    return pixels.reshape(n, *interface.shape).astype(smallest_dtype(interface))


def whole_batches(frames: IntArray, batch: int) -> IntArray:
    """``frames``, the last one repeated until their number is a multiple of ``batch``."""
    return np.concatenate([frames, np.repeat(frames[-1:], -len(frames) % batch, axis=0)])
