"""Holds a core to the AXI4-Stream rules and through resets, with random stalls on every stream.

1. A reset while the first frame is being taken.
2. The first frame, from a core that must have forgotten all of it.
3. A reset at a random moment of computing or answering.
4. All other frames, back to back.

Values are compared by hwgen.flow.verify: every frame that came out whole is written down in order.
"""

from __future__ import annotations

from typing import Any

import cocotb
from cocotb.triggers import ClockCycles
from core_bench import CoreBench


async def frames(bench: CoreBench, which: range) -> None:
    await bench.reset()
    for frame in which:
        bench.send(frame)
    for _ in which:
        await bench.receive()


async def cut_input_short(bench: CoreBench) -> None:
    await bench.reset()
    bench.send(0)
    beats = bench.random.randrange(bench.job["input"]["beats_per_frame"])
    await bench.until(lambda: bench.watch.taken >= beats)


async def cut_answer_short(bench: CoreBench) -> None:
    await bench.reset()
    bench.send(len(bench.frames) - 1)
    beats = bench.job["input"]["beats_per_frame"]
    await bench.until(lambda: bench.watch.taken >= beats)
    await ClockCycles(bench.dut.aclk, bench.random.randint(1, bench.job["compute_cycles"]))


@cocotb.test()
async def verify(dut: Any) -> None:
    bench = CoreBench(dut)
    bench.stall()
    failure = "the bench itself failed"
    first = range(len(bench.frames))[:1] if len(bench.frames) > 1 else range(0)
    try:
        await cut_input_short(bench)
        if first:
            await frames(bench, first)
        await cut_answer_short(bench)
        await frames(bench, range(len(first), len(bench.frames)))
        assert bench.watch.broken is None, bench.watch.broken
        failure = ""
    except AssertionError as error:
        failure = str(error)
        raise
    finally:
        bench.finish(failure)
