"""What a plan's memory images make the array compute: a plain interpreter of the schedule, without a clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwgen.fixed import winograd_transform
from hwgen.plan import Plan
from hwgen.plan.entries import POINTER_COLUMNS
from hwgen.plan.fields import FieldLayout
from hwgen.plan.tiles import input_rows, output_rows, result_shift, side, wrap_bits

Record = dict[str, int]


def unpacked(layout: FieldLayout, word: int) -> Record:
    """The fields of a word, unsigned."""
    values = {}
    for name, width in layout.fields:
        values[name] = word & ((1 << width) - 1)
        word >>= width
    return values


def signed(value: int, bits: int) -> int:
    """Two's complement."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


@dataclass
class Emulator:
    """Runs all steps of a frame (or batch)."""

    plan: Plan

    def __post_init__(self) -> None:
        shape = self.plan.shape
        self.size = 1 << shape.address_bits
        self.banks = np.zeros((shape.pes, self.size), np.int64)
        self.output = np.full((shape.pes, shape.output_words), -(1 << 40), np.int64)
        self.written: list[tuple[int, int]] = []
        self.tap_table = [unpacked(shape.tap_fields, word) for word in self.plan.image("taps").words]

    def load(self, frames: NDArray[np.integer]) -> None:
        """Frames that lie side by side (n, *input shape) into the banks, by the input map's layout."""
        shape, layout = self.plan.shape, self.plan.maps[0]
        stream = shape.input
        offset = 0 if stream.signed else 1 << (stream.bits - 1)
        for index, frame in enumerate(frames):
            values = frame.reshape(layout.channels, layout.height, layout.width).astype(np.int64) - offset
            for (c, y, x), value in np.ndenumerate(values):
                position = c * layout.channel_banks + layout.bank(y, x)
                self.banks[position % shape.pes, layout.address(position // shape.pes, y, x) + index] = value

    def run(self, frames: NDArray[np.integer]) -> NDArray[np.int64]:
        """All steps on the frames of a batch (n, *input shape); the outputs (n, *output shape)."""
        shape = self.plan.shape
        waiting = list(frames.reshape(-1, shape.input.frames, *frames.shape[1:]))
        for read_word, write_word in zip(
            self.plan.image("schedule_read").words, self.plan.image("schedule_write").words, strict=True
        ):
            read, write = unpacked(shape.read_fields, read_word), unpacked(shape.write_fields, write_word)
            if read["waits_input"]:
                self.load(waiting.pop(0))
            self.step(read, write)
            assert read["last_step"] == write["last_step"]
            if read["last_step"]:
                assert not waiting, "every frame must be waited for"
                return self.outputs()
        raise AssertionError("no step is the last")

    def step(self, read: Record, write: Record) -> None:
        shape = self.plan.shape
        writer = Writer(write, dict(shape.write_fields.fields)["base"])
        group_address, position = read["base"], 0
        for _ in range(read["outer"] + 1):
            for inner in range(read["inner"] + 1):
                places = [divmod(position + lane, read["wrap"] + 1) for lane in range(shape.lanes)]
                if read.get("tile") and read.get("sparse"):
                    # One walk over a group's tiles makes all rows.
                    all_sums = self.scattered_tiles(read, write["passes"] + 1, group_address, places)
                    for index, sums in enumerate(all_sums):
                        self.write_tiles(write, writer, index, self.tile_results(write, sums), places)
                elif read.get("tile"):
                    for index in range(read["tile_passes"] + 1):
                        results = self.tiled(read, write, group_address, index, places)
                        self.write_tiles(write, writer, index, results, places)
                elif read.get("sparse"):
                    # One walk through the columns makes all rows.
                    for index, sums in enumerate(self.scattered(read, write["passes"] + 1, group_address, places)):
                        self.write_back(write, writer, index, sums, places)
                else:
                    for index in range(read["passes"] + 1):
                        sums = self.accumulate(read, group_address + index * read["pass_stride"], index, places)
                        self.write_back(write, writer, index, sums, places)
                position += shape.lanes
                group_address += shape.lanes if inner < read["inner"] else read["row_jump"]

    def accumulate(self, read: Record, start: int, index: int, places: list[tuple[int, int]]) -> NDArray[np.int64]:
        """Accumulators (pes, lanes) of one pass."""
        shape = self.plan.shape
        weights, offsets = self.weights(read, index)
        acc = np.zeros((shape.pes, shape.lanes), np.int64)
        column = 0
        for channel in range(read["channels"] + 1):
            slot, bank = divmod(channel * read.get("bank_step", 1), shape.pes)
            for tap in range(read["taps"] + 1):
                vectors = self.vectors(read, tap, start + slot * read["slot_stride"], places)
                delivered = bank + self.tap_table[read["tap_base"] + tap].get("bank", 0) + offsets[:, column]
                chosen = vectors if read["local"] else vectors[delivered, np.arange(shape.lanes)]
                products = weights[:, column] * chosen
                if read["maximum"]:
                    acc = products if column == 0 else np.maximum(acc, products)
                else:
                    acc = acc + products
                column += 1
        if read["wide"]:
            acc = np.repeat(acc.sum(axis=1)[:, None], shape.lanes, axis=1)
        return acc

    def tiled(
        self, read: Record, write: Record, start: int, index: int, places: list[tuple[int, int]]
    ) -> NDArray[np.int64]:
        """Results (pes, lanes, m, m) of a pass over a group of tiles: elements arrive column by column."""
        assert write["tile_size"] == read["tile_size"]
        inputs = self.tile_inputs(read, start, places)
        edge = inputs.shape[-1]
        weights, _ = self.weights(read, index)
        own = weights[:, :, 0].reshape(-1, edge, edge, len(inputs))
        return self.tile_results(write, np.einsum("pabc,clab->plab", own, inputs))

    def tile_inputs(self, read: Record, start: int, places: list[tuple[int, int]]) -> NDArray[np.int64]:
        """B^T d B of a group's tiles, (channels, lanes, side, side)."""
        shape = self.plan.shape
        assert shape.tiles is not None
        size = shape.tiles.sizes[read["tile_size"]]
        edge, bt = side(size), np.array(input_rows(size))
        found = []
        for channel in range(read["tile_channels"] + 1):
            slot, bank = divmod(channel, shape.pes)
            at_slot = start + slot * read["slot_stride"]
            columns = [self.vectors(read, tap, at_slot, places)[bank] for tap in range(edge * edge)]
            tiles = np.array(columns).T.reshape(shape.lanes, edge, edge).transpose(0, 2, 1)
            found.append(bt @ tiles @ bt.T)
        return np.array(found)

    def scattered_tiles(self, read: Record, rows: int, start: int, places: list[tuple[int, int]]) -> NDArray[np.int64]:
        """Sums (rows, pes, lanes, side, side) of a group of tiles whose weights are sparse, place by place."""
        shape = self.plan.shape
        inputs = self.tile_inputs(read, start, places)
        channels, lanes, edge, _ = inputs.shape
        sums = np.zeros((rows, shape.pes, lanes, edge, edge), np.int64)
        column = read["column_base"]
        for y, x, channel in np.ndindex(edge, edge, channels):
            for pe in range(shape.pes):
                for row, weight in self.entries(read, pe, column):
                    sums[row, pe, :, y, x] += weight * inputs[channel, :, y, x]
            column += 1
        return sums

    def tile_results(self, write: Record, sums: NDArray[np.int64]) -> NDArray[np.int64]:
        """(pes, lanes, m, m) of sums (pes, lanes, side, side), which wrap as the accumulators do."""
        shape = self.plan.shape
        assert shape.tiles is not None
        sizes = shape.tiles.sizes
        size = sizes[write["tile_size"]]
        at = np.array(output_rows(size, sizes))
        results = at @ (sums & ((1 << shape.acc_bits) - 1)) @ at.T
        bits = shape.acc_bits
        if write["tile_exact"]:
            results = results * pow(winograd_transform(size).divisor >> wrap_bits(size), -1, 1 << bits)
        shift = result_shift(size, sizes, divided=bool(write["tile_exact"]))
        results &= (1 << bits) - 1
        assert not (results & ((1 << shift) - 1)).any(), "the division must be exact"
        results, bits = results >> shift, bits - shift
        results &= (1 << bits) - 1
        return np.where(results >> (bits - 1), results - (1 << bits), results)

    def write_tiles(
        self, write: Record, writer: Writer, index: int, results: NDArray[np.int64], places: list[tuple[int, int]]
    ) -> None:
        """Requantised and stored, of a tile only what lies on the map."""
        for pe, lane, dy, dx in np.ndindex(*results.shape):
            y, x = places[lane]
            if y >= write["y_limit"] or x >= write["x_limit"]:
                continue
            if (y == write["edge_y"] and dy > write["last_y"]) or (x == write["edge_x"] and dx > write["last_x"]):
                continue
            inside = (write[f"inside_y_{dy}"] if dy else 0) + (write[f"inside_x_{dx}"] if dx else 0)
            address = writer.address(index, y, x, inside)
            q = self.requantise(write, index, pe, int(results[pe, lane, dy, dx]))
            (self.output if write["to_output"] else self.banks)[pe, address] = q

    def vectors(self, read: Record, tap: int, start: int, places: list[tuple[int, int]]) -> NDArray[np.int64]:
        """What all banks deliver for a tap at an address, (pes, lanes)."""
        shape = self.plan.shape
        entry = self.tap_table[read["tap_base"] + tap]
        vectors = self.banks[:, (start + entry["offset"] + np.arange(shape.lanes)) % self.size]
        if shape.has_padding:
            rows, columns = np.array(places).T
            valid = (entry["x_low"] <= columns) & (columns <= entry["x_high"])
            valid &= (entry["y_low"] <= rows) & (rows <= entry["y_high"])
            vectors = np.where(valid, vectors, signed(read["pad_value"], shape.act_bits))
        return vectors

    def scattered(self, read: Record, rows: int, start: int, places: list[tuple[int, int]]) -> NDArray[np.int64]:
        """Accumulators (rows, pes, lanes) of a sparse group: each PE walks through its own entries of each column."""
        shape = self.plan.shape
        acc = np.zeros((rows, shape.pes, shape.lanes), np.int64)
        column = read["column_base"]
        for slot in range(read["channels"] + 1):
            for tap in range(read["taps"] + 1):
                vectors = self.vectors(read, tap, start + slot * read["slot_stride"], places)
                vectors = vectors - signed(read["pad_value"], shape.act_bits)
                banks = shape.pes if slot < read["channels"] else read["tail"] + 1
                for bank in range(banks):
                    lanes = vectors[bank, 0] * (np.arange(shape.lanes) == 0) if read["scalar"] else vectors[bank]
                    if lanes.any():
                        for pe in range(shape.pes):
                            for row, weight in self.entries(read, pe, column + bank):
                                acc[row, pe] += weight * lanes
                column += shape.pes
        return acc

    def entries(self, read: Record, pe: int, column: int) -> Iterator[tuple[int, int]]:
        """Rows and decoded weights of one PE's slice of a column, fillers included."""
        shape, sparse = self.plan.shape, self.plan.shape.sparse
        assert sparse is not None
        value_bits, index_bits, relative = sparse.formats[read["format"]]
        bits = value_bits + index_bits
        per_word = 1 << ((shape.weight_word_bits // bits).bit_length() - 1)
        group, place = divmod(column, POINTER_COLUMNS)
        pointer = self.plan.image(f"pointers_{pe}").words[group]
        base, ends = pointer & ((1 << sparse.entry_bits) - 1), pointer >> sparse.entry_bits << sparse.end_bits
        begin, end = (ends >> at * sparse.end_bits & ((1 << sparse.end_bits) - 1) for at in (place, place + 1))
        image = self.plan.image(f"weights_{pe}").words
        row = -1
        for entry in range(base + begin, base + end):
            unit = image[entry // per_word] >> entry % per_word * bits & ((1 << bits) - 1)
            stored, index = unit & ((1 << value_bits) - 1), unit >> value_bits
            row = row + 1 + index if relative else index
            yield row, self.decoded(read, stored, value_bits)

    def decoded(self, read: Record, stored: int, bits: int) -> int:
        """A stored weight, or the shared value of its code."""
        shape = self.plan.shape
        if not read["coded"]:
            return signed(stored, bits)
        codebook = self.plan.codebook
        assert codebook is not None
        return signed(codebook.words[(read["table"] << shape.code_bits) + stored], shape.weight_bits)

    def weights(self, read: Record, index: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Decoded weights, and the banks that they pick behind the column's: each (pes, columns, lanes) of a pass."""
        shape = self.plan.shape
        plain_bits = shape.weight_bits if read.get("long") else shape.plain_bits
        bits = shape.code_bits if read["coded"] else plain_bits
        stride = read["place_step"] * shape.word_columns.unit
        per_word = read["last_place"] // (read["place_step"] or 1) + 1
        columns = (read["channels"] + 1) * (read["taps"] + 1)
        if read.get("tile"):
            return self.tile_weights(read, index, bits, stride, per_word)
        words = -(-columns // per_word)
        first = read["weight_base"] + (0 if read["repeat"] else index * words)
        result = np.zeros((shape.pes, columns, shape.lanes), np.int64)
        offsets = np.zeros_like(result)
        for pe in range(shape.pes):
            image = self.plan.image(f"weights_{pe}").words
            for column in range(columns):
                word = image[first + column // per_word] >> column % per_word * stride
                for lane in range(shape.lanes):
                    unit = word >> (lane * bits if read["wide"] else 0) & ((1 << bits) - 1)
                    if read.get("long"):
                        unit = self.long_weight(image[first + column // per_word], column % per_word)
                    result[pe, column, lane] = self.decoded(read, unit, bits)
                    if read.get("picks"):
                        behind = word >> (shape.lanes if read["wide"] else 1) * bits
                        place = (lane if read["wide"] else 0) * shape.pick_bits
                        offsets[pe, column, lane] = behind >> place & (shape.choices - 1)
        return result, offsets

    def long_weight(self, word: int, at: int) -> int:
        """The low bits among those of the others, the high ones behind all of them."""
        shape, columns = self.plan.shape, self.plan.shape.word_columns
        low = word >> at * shape.plain_bits & ((1 << shape.plain_bits) - 1)
        high = word >> columns.high_at + at * columns.high_bits & ((1 << columns.high_bits) - 1)
        return low | high << shape.plain_bits

    def tile_weights(
        self, read: Record, index: int, bits: int, stride: int, per_word: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Those of a pass, place after place, each beginning a word: (pes, places * channels, 1); they pick nothing."""
        shape, channels, places = self.plan.shape, read["tile_channels"] + 1, read["taps"] + 1
        words = -(-channels // per_word)
        result = np.zeros((shape.pes, places * channels, 1), np.int64)
        for pe in range(shape.pes):
            image = self.plan.image(f"weights_{pe}").words
            for place, channel in np.ndindex(places, channels):
                word = image[read["weight_base"] + (index * places + place) * words + channel // per_word]
                unit = word >> channel % per_word * stride & ((1 << bits) - 1)
                if read.get("long"):
                    unit = self.long_weight(word, channel % per_word)
                result[pe, place * channels + channel, 0] = self.decoded(read, unit, bits)
        return result, np.zeros_like(result)

    def write_back(
        self, write: Record, writer: Writer, index: int, sums: NDArray[np.int64], places: list[tuple[int, int]]
    ) -> None:
        """Requantised and stored, each PE in its own bank."""
        shape = self.plan.shape
        for lane in range(shape.lanes):
            if write["wide"] and lane:
                continue
            y, x = places[lane]
            if y >= write["y_limit"] or x >= write["x_limit"]:
                continue
            address = writer.address(index, y, x)
            for pe in range(shape.pes):
                q = self.requantise(write, index, pe, int(sums[pe, lane]))
                if write["to_output"]:
                    self.output[pe, address] = q
                else:
                    self.banks[pe, address] = q

    def requantise(self, write: Record, index: int, pe: int, acc: int) -> int:
        shape = self.plan.shape
        unit, within = divmod(pe, shape.pes_per_requantiser)
        place = write["requant_base"] + index * shape.pes_per_requantiser + within
        mul = self.plan.image(f"requant_mul_{unit}").words[place]
        fields = unpacked(shape.requant_fields, self.plan.image(f"requant_add_{unit}").words[place])
        total = acc * mul + (signed(fields["add"], dict(shape.requant_fields.fields)["add"]) << shape.add_zeros)
        if shape.correction_bits and total >= 0:
            total += fields["correction"]
        low, high = signed(write["low"], shape.act_bits), signed(write["high"], shape.act_bits)
        offset = signed(write["offset"], shape.act_bits + 1)
        return min(max((total >> shape.shifts[fields["shift"]]) + offset, low), high)

    def outputs(self) -> NDArray[np.int64]:
        """The buffer as the stream sends it, (batch, *output shape)."""
        shape = self.plan.shape
        stream = shape.output
        offset = 0 if stream.signed else 1 << (stream.bits - 1)
        slots = -(-stream.channels // shape.pes)
        frames = self.output.T.reshape(stream.frames, stream.pixels_per_frame, slots * shape.pes)
        if shape.ordered:
            # The order image says where each channel stands: its bank in the low bits, its slot above.
            bank_bits = max(1, (shape.pes - 1).bit_length())
            places = [divmod(word, 1 << bank_bits) for word in self.plan.image("output_order").words[: stream.channels]]
            frames = frames[:, :, [slot * shape.pes + bank for slot, bank in places]]
        values = frames[:, :, : stream.channels].transpose(0, 2, 1) + offset
        return values.reshape(stream.frames, *self.plan.output_shape)


class Writer:
    """Addresses of positions (Y, X) by the increments of a write record."""

    def __init__(self, write: Record, bits: int) -> None:
        self._write = write
        self._mask = (1 << bits) - 1
        self._offsets: dict[tuple[int, int], int] = {}
        offset, phase_y = 0, write.get("y_phase", 0)
        for y in range(write["y_limit"]):
            phase_x = write.get("x_phase", 0)
            for x in range(write["wrap"] + 1):
                self._offsets[y, x] = offset
                split_x = phase_x == write["x_phases"]
                if x < write["wrap"]:
                    offset += write["x_wrap_step"] if split_x else write["x_step"]
                phase_x = 0 if split_x else phase_x + 1
            split_y = phase_y == write["y_phases"]
            offset += write["y_wrap_step"] if split_y else write["y_step"]
            phase_y = 0 if split_y else phase_y + 1

    def address(self, index: int, y: int, x: int, inside: int = 0) -> int:
        return self._write["base"] + index * self._write["pass_stride"] + self._offsets[y, x] + inside & self._mask
