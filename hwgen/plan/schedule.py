"""The schedule's memories: records of all steps, packed into fields that are as wide as they must be."""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.plan.fields import FieldLayout
from hwgen.plan.images import MemoryImage
from hwgen.plan.records import Records, wrap_addresses
from hwgen.plan.tile_plan import ADDRESSES

READ_ADDRESSES = ("row_jump", "base", "slot_stride", "pass_stride")
WRITE_ADDRESSES = ("base", "pass_stride", "x_step", "x_wrap_step", "y_step", "y_wrap_step")
SPARE = 4
"""Of so many bits the widths are multiples where another model's schedule may be loaded."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Records of the steps' reads and writes, and of the taps, with their layouts. ``address_bits``: of a bank."""

    reads: Records
    writes: Records
    taps: Records
    read_fields: FieldLayout
    write_fields: FieldLayout
    tap_fields: FieldLayout
    address_bits: int

    @property
    def images(self) -> list[MemoryImage]:
        """The memories."""
        parts = (
            ("schedule_read", self.read_fields, self.reads),
            ("schedule_write", self.write_fields, self.writes),
            ("taps", self.tap_fields, self.taps),
        )
        return [MemoryImage(name, fields.width, [fields.pack(r) for r in records]) for name, fields, records in parts]

    def unaligned(self, lanes: int) -> bool:
        """Whether some element that is read first is not a bank word's first."""
        offsets = [record[name] for record in self.reads for name in READ_ADDRESSES]
        return any(offset % lanes for offset in [*offsets, *(record["offset"] for record in self.taps)])


def pack_schedule(
    reads: Records,
    writes: Records,
    taps: Records,
    *,
    lanes: int,
    bank_elements: int,
    output_words: int,
    act_bits: int,
    spare: bool,
    has_padding: bool,
    spread: bool,
) -> Schedule:
    """Widths for all fields; addresses modulo 2^width; without the fields that this core never reads.

    The records are changed. ``bank_elements``: addresses of a bank. ``spare``: another model's schedule may be loaded.
    ``has_padding``: some tap reads beside its map. ``spread``: planes of the input lie in banks side by side.
    """
    address_bits = max(1, (bank_elements - 1).bit_length())
    write_bits = max(address_bits, (output_words - 1).bit_length())
    written = (*WRITE_ADDRESSES, *(name for name in ADDRESSES if name in writes[0]))
    wrap_addresses(reads, READ_ADDRESSES, address_bits)
    wrap_addresses(writes, written, write_bits)
    for name in ("x_phase", "y_phase"):
        if not any(record[name] for record in writes):
            for record in writes:
                del record[name]
    more = SPARE if spare else 0
    wrap = max(max(record["wrap"] for record in writes), max(record["x_limit"] for record in writes)).bit_length()
    y_bits = (max(record["y_limit"] for record in writes) + lanes).bit_length()
    addresses = dict.fromkeys(READ_ADDRESSES, address_bits)
    read = FieldLayout.fitting(reads, addresses | {"wrap": wrap, "pad_value": act_bits}, spare=more)
    edges = {"edge_x": wrap, "edge_y": y_bits} if "edge_x" in writes[0] else {}
    write = FieldLayout.fitting(
        writes,
        dict.fromkeys(written, write_bits)
        | {"wrap": wrap, "x_limit": wrap, "y_limit": y_bits}
        | edges
        | {"offset": act_bits + 1, "low": act_bits, "high": act_bits},
        spare=more,
    )
    if wrap == 0:
        read = FieldLayout(tuple((name, max(1, width)) for name, width in read.fields))
        write = FieldLayout(tuple((name, max(1, width)) for name, width in write.fields))
    x_bits = max(1, wrap)
    bits = {"offset": address_bits, "x_low": x_bits, "x_high": x_bits, "y_low": y_bits, "y_high": y_bits}
    for record in taps:
        record["offset"] &= (1 << address_bits) - 1
        record["x_high"] = min(record["x_high"], (1 << x_bits) - 1)
        record["y_high"] = min(record["y_high"], (1 << y_bits) - 1)
    kept = ("offset", "bank") if not has_padding else (*bits, "bank")
    taps = [{name: record[name] for name in record if name in kept and (spread or name != "bank")} for record in taps]
    return Schedule(
        reads=reads,
        writes=writes,
        taps=taps,
        read_fields=read,
        write_fields=write,
        tap_fields=FieldLayout.fitting(taps, bits),
        address_bits=address_bits,
    )
