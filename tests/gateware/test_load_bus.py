from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import pytest
from amaranth.sim import SimulatorContext

from hwgen.gateware.load_bus import LoadBus
from hwgen.plan import Plan, PlanOptions, build_plan
from hwgen.plan.weight_stream import weight_stream
from tests.gateware.bench import simulate
from tests.plan.small import act, conv, lenet, model, weights

X = act(1, 4, 4)


def tiny(**options: int) -> Plan:
    net = model(X, conv("c", "input", X, weights(3, 1, 2, 2)))
    return build_plan(net, PlanOptions(weights="load", **{"pes": 2, "lanes": 2} | options))  # type: ignore[arg-type]


def loaded(
    plan: Plan, streams: Sequence[Sequence[int]], *, stalls: bool = False
) -> tuple[list[bool], list[dict[int, dict[int, int]]]]:
    """After each stream: whether the core may run; what was written, memory -> address -> word."""
    bus = LoadBus(plan=plan)
    rng = np.random.default_rng(5)
    flags: list[bool] = []
    contents: list[dict[int, dict[int, int]]] = []

    async def bench(ctx: SimulatorContext) -> None:
        for stream in streams:
            written: dict[int, dict[int, int]] = {}

            async def cycle(written: dict[int, dict[int, int]] = written) -> bool:
                _, _, ready, wen, address, data = await ctx.tick().sample(bus.tready, bus.wen, bus.waddr, bus.wdata)
                for index, image in enumerate(plan.images):
                    if wen >> index & 1:
                        assert wen == 1 << index
                        assert int(address) not in written.setdefault(index, {}), "a word is written once"
                        written[index][int(address)] = int(data) & ((1 << image.width) - 1)
                return bool(ready)

            for beat in stream:
                ctx.set(bus.tdata, beat)
                taken = False
                while not taken:
                    idle = not stalls or rng.random() < 0.5
                    valid = not stalls or rng.random() < 0.5
                    ctx.set(bus.idle, idle)
                    ctx.set(bus.tvalid, valid)
                    ready = await cycle()
                    assert ready == idle, "the stream waits for the core"
                    taken = ready and valid
                ctx.set(bus.tvalid, 0)
            await cycle()
            flags.append(bool(ctx.get(bus.loaded)))
            contents.append(written)

    simulate(bus, bench)
    return flags, contents


@pytest.mark.parametrize("stalls", [False, True])
def test_every_memory_gets_its_image(stalls: bool) -> None:
    plan = tiny()
    flags, (written,) = loaded(plan, [weight_stream(plan).tolist()], stalls=stalls)
    assert flags == [True]
    for index, image in enumerate(plan.images):
        assert [written[index][address] for address in range(image.depth)] == list(image.words), image.name


def test_words_of_several_beats() -> None:
    plan = build_plan(lenet(), PlanOptions(pes=1, lanes=8, weights="load"))
    assert max(image.width for image in plan.images) > 64
    flags, (written,) = loaded(plan, [weight_stream(plan).tolist()])
    assert flags == [True]
    for index, image in enumerate(plan.images):
        assert list(written[index].values()) == list(image.words), image.name


def test_a_wrong_checksum_or_bit_is_refused_and_the_next_stream_is_taken() -> None:
    plan = tiny()
    right = weight_stream(plan).tolist()
    wrong_sum = [*right[:-1], right[-1] ^ 1]
    wrong_bit = [*right[:7], right[7] ^ (1 << 30), *right[8:]]
    flags, _ = loaded(plan, [wrong_sum, right, wrong_bit, right])
    assert flags == [False, True, False, True]


def test_the_first_beat_of_a_new_model_stops_the_core() -> None:
    plan = tiny()
    right = weight_stream(plan).tolist()
    flags, _ = loaded(plan, [right, right[:1]])
    assert flags == [True, False]


def test_the_stream_of_another_structure_is_refused() -> None:
    """Of as many beats, and right but for the signature with which its checksum begins."""
    plan = tiny()
    beats = weight_stream(plan).tolist()
    data = b"".join(beat.to_bytes(4, "little") for beat in beats[:-1])
    other = zlib.crc32(data, zlib.crc32((plan.signature ^ 1).to_bytes(4, "little")))
    flags, _ = loaded(plan, [[*beats[:-1], other], beats])
    assert flags == [False, True]
