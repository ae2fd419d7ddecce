"""Slices of the schedule's words."""

from __future__ import annotations

from amaranth.hdl import Value

from hwgen.plan.fields import FieldLayout
from hwgen.plan.shape import ArrayShape

HELD = (
    "pad_value", "local", "maximum", "wide", "table", "coded", "weight_base", "last_in_word", "unit", "repeat",
    "sparse", "scalar", "tail", "column_base", "format",
)  # fmt: skip
"""Fields of a step that the stages behind the issue still need when the next step's record is already being fetched.

The last line: only cores with sparse layers have them."""


def fields_of(layout: FieldLayout, word: Value) -> dict[str, Value]:
    """Name -> slice of ``word``."""
    result = {}
    position = 0
    for name, width in layout.fields:
        result[name] = word[position : position + width]
        position += width
    return result


def held_layout(shape: ArrayShape) -> FieldLayout:
    """The held fields, packed."""
    widths = dict(shape.read_fields.fields)
    return FieldLayout(tuple((name, widths[name]) for name in HELD if name in widths))
