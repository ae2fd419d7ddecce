from __future__ import annotations

import numpy as np
import pytest
from amaranth.sim import SimulatorContext

from hwgen.gateware.output_buffer import OutputBuffer
from hwgen.plan import latency
from tests.gateware.bench import pack, shape_of, simulate


@pytest.mark.parametrize("pes", [1, 2, 7, 8, 9, 64, 65])
def test_every_element_of_every_bank_can_be_read_a_cycle_after_the_other(pes: int, rng: np.random.Generator) -> None:
    words, bits = 5, 8
    component = OutputBuffer(shape=shape_of(pes=pes, lanes=1, act_bits=bits, output_words=words))
    values = rng.integers(0, 256, (words, pes))
    order = [(int(word), int(bank)) for word, bank in rng.permutation(list(np.ndindex(words, pes)))]
    found: list[int] = []

    async def bench(ctx: SimulatorContext) -> None:
        for word in range(words):
            ctx.set(component.write, (1 << pes) - 1)
            ctx.set(component.address, word)
            ctx.set(component.data, pack(values[word].tolist(), bits))
            await ctx.tick()
        ctx.set(component.write, 0)
        for word, bank in [*order, *[(0, 0)] * latency.ELEMENT]:
            ctx.set(component.read_address, word)
            ctx.set(component.bank, bank)
            found.append(ctx.get(component.value))
            await ctx.tick()

    simulate(component, bench)
    assert found[latency.ELEMENT :] == [values[word, bank] for word, bank in order]
