"""The PEs with their decoders, chained to the requantisers."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Module, Value

from hwgen.gateware.array_broadcast import Broadcasts
from hwgen.gateware.array_parts import ArrayParts
from hwgen.gateware.array_sparse import SparseControls, add_sparse_pe, group_strobes
from hwgen.gateware.column_controls import ColumnControls
from hwgen.gateware.counters import Counters
from hwgen.gateware.decoder import Decoder
from hwgen.gateware.pe import PE
from hwgen.gateware.pick import Pick
from hwgen.gateware.pipeline import GROUP, copied
from hwgen.gateware.sparse_pe import SparsePE


def add_pes(
    m: Module,
    parts: ArrayParts,
    controls: ColumnControls,
    own: Sequence[Value],
    broadcasts: Broadcasts,
    near_held: Sequence[dict[str, Value]],
    shift: Value,
    sparse: SparseControls | None,
    counters: Counters | None,
) -> list[Value]:
    """The PEs and their decoders; the heads of the shadow chains, one per requantiser.

    ``own``: the banks' vectors. ``shift``: a cycle before the chains shift.
    """
    shape = parts.shape
    chain: list[PE | SparsePE] = []
    for index in range(shape.pes):
        held = near_held[index // GROUP]
        weight_address: Value = Const(0, 1)
        if shape.has_matrix or shape.has_local:
            weight_address = copied(m, controls.weight_addresses[index // GROUP], f"weight_address_{index}")
        if index % GROUP == 0:
            place = copied(m, controls.place, f"place_{index // GROUP}")
            if shape.choices > 1:
                bank_low = copied(m, broadcasts.bank_low, f"bank_low_{index // GROUP}")
            # Registers of the controllers, once more for each group.
            strobes = copied(
                m,
                Cat(controls.valid_next, controls.first_next, controls.capture_next, shift),
                f"strobes_{index // GROUP}",
            )
            if sparse is not None:
                drained = group_strobes(m, sparse.drain, index // GROUP)
        weights = parts.stores[f"weights_{index}"]
        pe = PE(shape=shape) if shape.sparse is None else SparsePE(shape=shape)
        parts.near(m, "pe", index, pe)
        m.d.comb += [
            pe.own.eq(own[index]),
            pe.local.eq(held["local"]),
            Cat(pe.valid, pe.first, pe.capture, pe.shift).eq(strobes),
            pe.maximum.eq(held["maximum"]),
        ]
        if shape.has_matrix or shape.has_local:
            decoder = Decoder(shape=shape, codebook=parts.plan.codebook)
            parts.near(m, "decoder", index, decoder)
            parts.attach_codebook(m, decoder)
            if shape.sparse is None:
                m.d.comb += weights.addr.eq(weight_address)
            m.d.comb += [
                decoder.word.eq(weights.data),
                decoder.place.eq(place),
                decoder.wide.eq(held["wide"]),
                decoder.coded.eq(held["coded"]),
                decoder.table.eq(held["table"]),
                *([decoder.long.eq(held["long"])] if "long" in held else []),
                pe.weights.eq(decoder.weights),
            ]
        if shape.has_matrix:
            broadcast = broadcasts.vectors[index // GROUP]
            if shape.choices > 1:
                pick = Pick(shape=shape)
                parts.near(m, "pick", index, pick)
                m.d.comb += [
                    decoder.picks.eq(held["picks"]),
                    pick.vectors.eq(broadcast),
                    pick.low.eq(bank_low),
                    pick.offsets.eq(decoder.offsets),
                ]
                broadcast = pick.vector
            m.d.comb += pe.broadcast.eq(broadcast)
        if sparse is not None and isinstance(pe, SparsePE):
            add_sparse_pe(m, parts, index, pe, sparse, held, weight_address, drained, counters)
        chain.append(pe)
    heads: list[Value] = []
    linked = max(shape.pes_per_requantiser, shape.tiles.pes_per_unit if shape.tiles else 1)
    for index, pe in enumerate(chain):
        if index % shape.pes_per_requantiser == 0:
            heads.append(pe.chain_out)
        if index % linked:
            m.d.comb += chain[index - 1].chain_in.eq(pe.chain_out)
    return heads
