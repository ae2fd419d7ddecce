"""Slices of the schedule's words."""

from __future__ import annotations

from amaranth.hdl import Value

from hwgen.plan.fields import FieldLayout
from hwgen.plan.shape import ArrayShape

HELD = ("pad_value", "local", "maximum", "wide", "table", "coded", "weight_base", "last_place", "place_step", "repeat")
"""Fields of a step that the stages behind the issue still need when the next step's record is already being fetched."""
HELD_PICKING = ("picks",)
"""One more in cores with N:M layers."""
HELD_LONG = ("long",)
"""One more in cores where some plain weights are stored in more bits."""
HELD_SPARSE = ("sparse", "scalar", "tail", "column_base", "format")
"""And those of cores with sparse layers."""
HELD_TILES = (
    "tile", "tile_size", "tile_passes", "tile_channels", "tile_idle", "tile_stride", "tile_half",
)  # fmt: skip
"""And those of cores with Winograd tiles."""


def held_names(shape: ArrayShape) -> tuple[str, ...]:
    """The held fields of a core, in the order of their word."""
    return (
        HELD
        + HELD_PICKING * (shape.choices > 1)
        + HELD_LONG * (shape.plain_bits < shape.weight_bits)
        + HELD_SPARSE * (shape.sparse is not None)
        + HELD_TILES * (shape.tiles is not None)
    )


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
    return FieldLayout(tuple((name, widths[name]) for name in held_names(shape)))
