"""The weight stream of a plan: what a core with loadable weights takes before its first frame."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from hwgen.plan.plan import Plan

BEAT_BITS = 32
"""Width of a beat."""


def weight_beats(plan: Plan) -> int:
    """Beats of a stream: every memory word in 32-bit pieces, and the CRC-32."""
    return sum(image.depth * -(-image.width // BEAT_BITS) for image in plan.images) + 1


def weight_stream(plan: Plan) -> NDArray[np.uint32]:
    """The beats: images in the plan's order, each word lowest piece first, last the CRC-32.

    The checksum (zlib's) begins with the core's signature, four bytes, that are not sent: a core of another structure
    refuses the stream.
    """
    data = b"".join(image.data(-(-image.width // BEAT_BITS) * BEAT_BITS // 8).tobytes() for image in plan.images)
    checksum = zlib.crc32(data, zlib.crc32(plan.signature.to_bytes(4, "little")))
    return np.frombuffer(data + checksum.to_bytes(4, "little"), "<u4")
