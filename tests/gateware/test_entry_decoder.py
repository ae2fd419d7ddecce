"""Entries of whole plans: weights and rows as a plain reader of the memory images finds them."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest
from amaranth.sim import SimulatorContext

from hwgen.gateware.entry_decoder import EntryDecoder, row_bits
from hwgen.model import Model
from hwgen.plan import PlanOptions, build_plan, latency
from hwgen.plan.entries import POINTER_COLUMNS, EntryFormat
from tests.gateware.bench import simulate, sparse_shape
from tests.plan.emulator import Emulator, signed, unpacked
from tests.plan.small import act, dense, model, pruned, sparse_net


def mixed() -> Model:
    """A layer of codes, a plain one, and another codebook."""
    first = dense("a", "input", pruned(21, 9, coded=True))
    second = dense("b", "a", pruned(30, 21))
    return model(act(9), first, second, dense("c", "b", pruned(9, 30, coded=True, seed=5)))


def wide() -> Model:
    """Words of eight entries of the first layer, sixteen of the second, whose rows need fewer bits."""
    return model(
        act(600),
        dense("a", "input", pruned(128, 600, density=0.08, coded=True)),
        dense("b", "a", pruned(2, 128, coded=True, seed=5)),
    )


NETS = {"plain": sparse_net, "codebook": lambda: sparse_net(coded=True), "mixed": mixed, "wide": wide}


@pytest.mark.parametrize("index_bits", [None, 1, 3])
@pytest.mark.parametrize("net", NETS)
def test_every_entry_of_a_plan(net: str, index_bits: int | None, rng: np.random.Generator) -> None:
    """All columns of one PE in any order, with gaps between the entries."""
    plan = build_plan(NETS[net](), PlanOptions(pes=2, lanes=2, index_bits=index_bits))
    shape, sparse = plan.shape, plan.shape.sparse
    assert sparse is not None
    emulator = Emulator(plan)
    pe = 1
    words, pointers = plan.image(f"weights_{pe}").words, plan.image(f"pointers_{pe}").words
    decoder = EntryDecoder(shape=shape, codebook=plan.codebook)
    due = latency.MEMORY + 1 + latency.decode(shape.coding)
    expected: dict[int, tuple[int, int]] = {}
    found: dict[int, tuple[int, int]] = {}
    counts = plan.counts

    async def bench(ctx: SimulatorContext) -> None:
        fetched = deque([0] * latency.MEMORY)
        cycle = 0

        async def tick() -> None:
            nonlocal cycle
            ctx.set(decoder.word, words[fetched.popleft()])
            _, _, address, weight, row = await ctx.tick().sample(decoder.word_address, decoder.weight, decoder.row)
            fetched.append(min(address, len(words) - 1))
            found[cycle] = row, signed(weight, shape.weight_bits)
            cycle += 1

        for step, record in zip(plan.steps, plan.image("schedule_read").words, strict=False):
            read = unpacked(shape.read_fields, record)
            if not step.sparse:
                continue
            for name in ("format", "coded", "table"):
                ctx.set(getattr(decoder, name), read[name])
            for column in rng.permutation(len(counts[step.index])).tolist():
                number = read["column_base"] + column
                pointer = pointers[number // POINTER_COLUMNS]
                ends = pointer >> sparse.entry_bits << sparse.end_bits
                begin = (pointer & ((1 << sparse.entry_bits) - 1)) + (
                    ends >> number % POINTER_COLUMNS * sparse.end_bits & ((1 << sparse.end_bits) - 1)
                )
                for index, entry in enumerate(emulator.entries(read, pe, number)):
                    ctx.set(decoder.entry, begin + index)
                    ctx.set(decoder.first, index == 0)
                    expected[cycle + due] = entry
                    await tick()
                if rng.random() < 0.2:
                    await tick()
            # What belongs to the step is held until its last entry has left.
            for _ in range(due):
                await tick()
        await tick()

    simulate(decoder, bench)
    assert len(expected) == sum(int(count[:, pe].sum()) for count in counts.values())
    assert {cycle: found[cycle] for cycle in expected} == expected


def test_words_of_sixteen_entries_are_among_them() -> None:
    plan = build_plan(wide(), PlanOptions(pes=2, lanes=2))
    assert plan.shape.sparse is not None
    words = [EntryFormat(*form).per_word(plan.shape.weight_word_bits) for form in plan.shape.sparse.formats]
    assert words == [8, 16]


@pytest.mark.parametrize(("rows", "bits"), [(1, 1), (2, 1), (3, 2), (64, 6), (65, 7)])
def test_a_row_has_as_many_bits_as_it_needs(rows: int, bits: int) -> None:
    assert row_bits(sparse_shape(rows=rows)) == bits
