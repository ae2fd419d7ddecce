from __future__ import annotations

from dataclasses import replace

import numpy as np
from amaranth.hdl import Elaboratable, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.fixed import winograd_transform
from hwgen.gateware.pipeline import delayed
from hwgen.gateware.tile_drain import TileDrain
from hwgen.gateware.tile_output import TileOutput
from hwgen.plan import latency
from hwgen.plan.fields import FieldLayout
from hwgen.plan.shape import ArrayShape
from hwgen.plan.tiles import Size, side, weight_scale
from tests.gateware.bench import Row, trace, unpack
from tests.gateware.tiles import tile_plan, transformed

PLACE = (
    "value",
    "lane_last",
    "pe",
    "pe_last",
    "row_first",
    "pass_last",
    "step_ends",
    "tile_last",
    "y",
    "x",
    "parameter",
)


class Drained(wiring.Component):
    """One output transform under its control, wired as the array does it; ``acc`` follows ``sum_write``."""

    def __init__(self, shape: ArrayShape) -> None:
        self.parts = TileDrain(shape=shape), TileOutput(shape=shape)
        super().__init__(
            {
                "capture": In(1),
                "fetched": In(1),
                "record": In(shape.write_fields.width),
                "acc": In(shape.acc_bits),
                "sum_write": Out(1),
                "result": Out(shape.result_bits),
            }
            | {name: Out(8) for name in PLACE}
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.submodules.drain, m.submodules.output = drain, output = self.parts
        m.d.comb += [
            drain.capture.eq(self.capture), drain.fetched.eq(self.fetched), drain.record.eq(self.record),
            self.sum_write.eq(drain.sum_write), output.acc.eq(self.acc), self.result.eq(output.result),
            output.exact.eq(1),
            *(
                getattr(output, name).eq(delayed(m, getattr(drain, name), latency.TILE_RELAY, name))
                for name in TileOutput.controls
            ),
            *(getattr(self, name).eq(getattr(drain, name)) for name in PLACE if name != "parameter"),
            self.parameter.eq(delayed(m, drain.parameter_next, 1, "parameter")),
            *(
                getattr(output, name).eq(delayed(m, getattr(drain, name), late, name))
                for name, late in (
                    ("sum_write", latency.COPY),
                    ("sum_write_address", latency.COPY),
                    ("sum_read_address", latency.COPY + latency.TILE_RELAY),
                )
            ),
        ]  # fmt: skip
        return m


def beside_sparse(shape: ArrayShape, rows: int) -> ArrayShape:
    """The core with tiles whose weights are sparse too, of so many rows."""
    assert shape.tiles is not None
    fields = (*shape.write_fields.fields, ("tile_rows", 2), ("tile_values", 8))
    return replace(shape, write_fields=FieldLayout(fields), tiles=replace(shape.tiles, sparse_rows=rows))


@settings(max_examples=12)
@given(
    size=st.sampled_from([2, 4]), requantisers=st.sampled_from([1, 2]), passes=st.integers(1, 2),
    groups=st.integers(1, 2), wait=st.integers(0, 3), sparse=st.booleans(), seed=st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_results_leave_tile_by_tile_in_their_place(
    size: Size, requantisers: int, passes: int, groups: int, wait: int, sparse: bool, seed: int
) -> None:
    """Sums of random kernels on random tiles; ``wait`` more cycles between places than draining takes.

    ``sparse``: in a core that has such tiles too; the passes' sums of a place come together, row by row.
    """
    rng = np.random.default_rng(seed)
    together = passes if sparse else 1
    shape = tile_plan(size, requantisers=requantisers).shape
    if sparse:
        shape = beside_sparse(shape, passes)
    tiles, edge, lanes, bits = shape.tiles, side(size), shape.lanes, shape.acc_bits
    assert tiles is not None
    per = tiles.pes_per_unit
    counts = (groups, passes, per, lanes)
    kernels, inputs = rng.integers(-128, 128, (*counts, 3, 3)), rng.integers(-128, 128, (*counts, edge, edge))
    sums = winograd_transform(size).weights(kernels) * weight_scale(size) * transformed(inputs, size)
    windows = np.lib.stride_tricks.sliding_window_view(inputs, (3, 3), axis=(4, 5))
    results = (windows * kernels[..., None, None, :, :]).sum(axis=(6, 7))

    step = {"tile": 1, "groups": groups - 1, "passes": passes - 1, "requant_base": 0, "tile_exact": 1}
    step |= {"tile_rows": together - 1, "tile_values": together * lanes * per}
    names = [name for name, _ in shape.write_fields.fields]
    record = shape.write_fields.pack(dict.fromkeys(names, 0) | {k: v for k, v in step.items() if k in names})
    period, begin = lanes * per + wait, 2
    by_walk = sums.reshape(groups * passes // together, together, per * lanes, edge * edge)
    places = by_walk.transpose(0, 3, 1, 2).reshape(-1, per * lanes)
    captures = [begin + period * index for index in range(len(places))]
    # A sum is at the chain's end two cycles behind the capture.
    chain = {
        cycle + 2 + index: int(value) & ((1 << bits) - 1)
        for cycle, values in zip(captures, places, strict=True)
        for index, value in enumerate(values)
    }
    length = captures[-1] + edge * edge * per * lanes * together + 80
    rows: list[Row] = [
        {"fetched": int(t == 0), "record": record, "capture": int(t in captures), "acc": chain.get(t, 0)}
        for t in range(length)
    ]
    found = trace(Drained(shape), rows, ("result", "sum_write", *PLACE))
    assert [cycle + 1 for cycle, out in enumerate(found) if out["sum_write"]] == sorted(chain)
    values = [cycle for cycle, out in enumerate(found) if out["value"]]
    divide = latency.tile_divide(bits, nine=tiles.nine)
    drain = latency.tile_drain(edge, size, lanes * per * together, tiles.output_matrix.latency, divide)
    assert values[-1] == captures[-1] + drain
    order = np.ndindex(groups, passes, per, lanes, size, size)
    for cycle, (group, number, pe, lane, x, y) in zip(values, order, strict=True):
        tile_last = x == y == size - 1
        lane_last = tile_last and lane == lanes - 1
        assert {name: found[cycle][name] for name in PLACE} == {
            "value": 1,
            "lane_last": lane_last,
            "pe": pe,
            "pe_last": pe == per - 1,
            "row_first": number == pe == 0,
            "pass_last": number == passes - 1,
            "step_ends": lane_last and (group, number, pe) == (groups - 1, passes - 1, per - 1),
            "tile_last": tile_last,
            "y": y,
            "x": x,
            "parameter": number * shape.pes_per_requantiser + (pe if shape.pes_per_requantiser > 1 else 0),
        }
        (got,) = unpack(found[cycle + 1]["result"], shape.result_bits, 1)
        assert got == results[group, number, pe, lane, y, x]
