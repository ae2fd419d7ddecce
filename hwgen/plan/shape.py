"""The structure of a core: everything that is fixed when the Verilog is written.

What a model changes on a core of the same structure (weights, schedule, requantisation) is in the memory images.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hwgen.plan import latency
from hwgen.plan.fields import FieldLayout
from hwgen.plan.products import dealt
from hwgen.plan.tiles import TileShape
from hwgen.plan.word_columns import WordColumns


@dataclass(frozen=True, kw_only=True)
class StreamShape:
    """One AXI4-Stream of frames: a (C, H, W) map, order y, x, c, c fastest.

    ``chunk`` elements enter or leave the banks at once; ``bank_groups`` chunks make up one address in all banks. A
    pixel is ``chunks_per_pixel`` chunks and ``beats_per_pixel`` beats of ``chunks_per_beat`` chunks (the last beat may
    be shorter).
    """

    channels: int
    pixels_per_frame: int
    frames: int
    bits: int
    signed: bool
    element_bits: int
    elements_per_beat: int
    chunk: int
    bank_groups: int
    chunks_per_beat: int
    chunks_per_pixel: int
    beats_per_pixel: int

    @property
    def data_bits(self) -> int:
        """Width of tdata."""
        return -(-self.elements_per_beat * self.element_bits // 8) * 8

    @property
    def pixels(self) -> int:
        """Pixels in one load or unload: all frames of a batch that lie side by side."""
        return self.pixels_per_frame * self.frames


@dataclass(frozen=True, kw_only=True)
class InputAddressing:
    """Element addresses of the arriving pixels: increments along x and y, plain and when a split plane wraps.

    ``spread``: the planes of a channel lie in split * split neighbouring banks.
    """

    base: int
    slot_stride: int
    columns: int
    split: int
    x_step: int
    x_wrap_step: int
    y_step: int
    y_wrap_step: int
    spread: bool = False


@dataclass(frozen=True, kw_only=True)
class SparseShape:
    """What a core with sparse layers has: queues, accumulators of many rows, entries and pointers.

    ``rows``: accumulators of a PE. ``queue``: columns that wait when the scanner stops; ``queue_words``: a power of two
    that also holds those still on their way. ``formats``: bits of a weight, bits of its index, whether it is relative.
    ``entry_bits``: of an entry's address. ``end_bits``: of a column's end relative to its pointer word.
    ``column_bits``: of a column's number. ``operand_bits``: of stored - zero point. ``keeps_empty``: a column without
    entries takes a place in the queue all the same (EIE).
    """

    rows: int
    queue: int
    queue_words: int
    formats: tuple[tuple[int, int, bool], ...]
    entry_bits: int
    end_bits: int
    column_bits: int
    pointer_words: int
    operand_bits: int
    keeps_empty: bool


@dataclass(frozen=True, kw_only=True)
class ArrayShape:
    """Widths, depths and options of the array; see docs/architecture.md for what each part does.

    ``scores``: elements whose greatest's number is the output; 0: all elements are. ``in_luts``: images that are no
    blocks for want of those. ``spare_multipliers``: of the
    device, for the requantisers; ``requantisers_limited``: they may take no others.
    """

    name: str
    pes: int
    lanes: int
    requantisers: int
    act_bits: int
    weight_bits: int
    plain_bits: int
    acc_bits: int
    mul_bits: int
    add_bits: int
    add_zeros: int
    correction_bits: int
    sum_bits: int
    shifts: tuple[int, ...]
    bank_words: int
    address_bits: int
    weight_word_bits: int
    weight_words: int
    coding: Literal["dense", "codebook", "mixed"]
    code_bits: int
    codebook_words: int
    word_columns: WordColumns
    choices: int
    has_bank_step: bool
    requant_words: int
    tap_words: int
    steps: int
    output_words: int
    has_matrix: bool
    has_local: bool
    has_maximum: bool
    has_wide: bool
    has_padding: bool
    unaligned: bool
    has_offset: bool
    loadable: bool
    read_fields: FieldLayout
    write_fields: FieldLayout
    tap_fields: FieldLayout
    requant_fields: FieldLayout
    input: StreamShape
    output: StreamShape
    input_addressing: InputAddressing
    ordered: bool = False
    scores: int = 0
    in_luts: tuple[str, ...] = ()
    spare_multipliers: int = 0
    requantisers_limited: bool = False
    sparse: SparseShape | None = None
    counters: bool = False
    tiles: TileShape | None = None

    @property
    def result_bits(self) -> int:
        """Width of an accumulator as the requantisers take it."""
        return self.tiles.result_bits if self.tiles else self.acc_bits

    @property
    def broadcast_bits(self) -> int:
        """Width of an element of the vector that all PEs share."""
        return self.tiles.vector_bits if self.tiles else self.act_bits

    @property
    def lift(self) -> int:
        """Bits by which the sums of layers that are not of tiles stand higher in the accumulators."""
        return self.tiles.lift if self.tiles else 0

    @property
    def operand_bits(self) -> int:
        """Width of what the multipliers take of an activation."""
        return self.sparse.operand_bits if self.sparse else self.act_bits

    @property
    def has_broadcast(self) -> bool:
        """Whether banks' vectors go to all PEs, or to the tiles' front, as they are read."""
        return self.has_matrix or self.tiles is not None

    @property
    def shared_banks(self) -> int:
        """Neighbouring banks whose vectors the broadcast takes at once."""
        return self.tiles.units if self.tiles else self.choices

    @property
    def pes_per_requantiser(self) -> int:
        """PEs whose results one requantiser takes in turn."""
        return self.pes // self.requantisers

    @property
    def requantiser_blocks(self) -> tuple[int | None, ...]:
        """Of each requantiser, the multipliers that are there for its product; None: it is computed in LUTs."""
        return dealt(
            self.spare_multipliers,
            among=self.requantisers,
            limited=self.requantisers_limited,
            a_bits=self.result_bits,
            b_bits=self.mul_bits,
        )

    @property
    def sparse_tiles(self) -> TileShape | None:
        """The tiles, where some layer's weights in the Winograd domain are sparse."""
        return self.tiles if self.tiles is not None and self.tiles.sparse_rows else None

    @property
    def address_lead(self) -> int:
        """Cycles by which the address of the weights is computed earlier (``latency.address_lead``)."""
        decoding = latency.decode(self.coding, self.choices)
        return latency.address_lead(self.lanes, decoding, sparse_tiles=self.sparse_tiles is not None)

    @property
    def drain_cycles(self) -> int:
        """Cycles in which one pass's results leave the accumulators."""
        return self.lanes * self.pes_per_requantiser

    @property
    def pick_bits(self) -> int:
        """Bits of the offset beside an N:M weight: which of ``choices`` neighbouring banks it belongs to."""
        return (self.choices - 1).bit_length()

    @property
    def lane_bits(self) -> int:
        """Bits of an element's place in its word."""
        return (self.lanes - 1).bit_length()
