"""The core's streams as manifest.json describes them."""

from __future__ import annotations

from typing import Any

from hwgen.plan.plan import Plan
from hwgen.plan.shape import StreamShape
from hwgen.plan.weight_stream import BEAT_BITS, weight_beats


def interfaces(plan: Plan) -> dict[str, dict[str, Any]]:
    """By use: ``input``, ``output`` and, with loadable weights, ``weights`` (its beats are those of a whole model)."""
    shape = plan.shape
    result = {
        "input": _stream("s_axis", plan.input_shape, shape.input),
        "output": _stream("m_axis", plan.output_shape, shape.output),
    }
    if shape.loadable:
        result["weights"] = {
            "prefix": "s_axis_weights",
            "data_bits": BEAT_BITS,
            "beats": weight_beats(plan),
        }
    return result


def _stream(prefix: str, shape: tuple[int, ...], stream: StreamShape) -> dict[str, Any]:
    return {
        "prefix": prefix,
        "shape": list(shape),
        "bits": stream.bits,
        "signed": stream.signed,
        "element_bits": stream.element_bits,
        "elements_per_beat": stream.elements_per_beat,
        "data_bits": stream.data_bits,
        "beats_per_frame": stream.beats_per_pixel * stream.pixels_per_frame,
    }
