"""Words of named fields, as the schedule memories hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class FieldLayout:
    """Named unsigned fields, the first in the lowest bits. Negative values are stored modulo 2^width."""

    fields: tuple[tuple[str, int], ...]

    @property
    def width(self) -> int:
        """Bits of a word."""
        return sum(width for _, width in self.fields)

    def pack(self, values: Mapping[str, int]) -> int:
        """One word. A missing field is an error; so is one that does not fit."""
        word = 0
        shift = 0
        for name, width in self.fields:
            value = values[name]
            if not -(1 << width) // 2 <= value < 1 << width:
                raise ValueError(f"Field {name!r} must fit in {width} bits, not {value!r}")
            word |= (value & ((1 << width) - 1)) << shift
            shift += width
        return word

    @staticmethod
    def fitting(records: Sequence[Mapping[str, int]], widths: Mapping[str, int], *, spare: int = 0) -> FieldLayout:
        """The layout that holds all records: widths given, or as wide as the largest value (at least 1 bit).

        ``spare`` rounds found widths up to a multiple of it (0: exact), which leaves room for another model's records.
        """
        fields = []
        for name in records[0]:
            width = widths.get(name)
            if width is None:
                width = max(1, max(int(record[name]).bit_length() for record in records))
                if spare and width > 1:
                    width = -(-width // spare) * spare
            fields.append((name, width))
        return FieldLayout(tuple(fields))
