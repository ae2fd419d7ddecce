"""Holds a core to the AXI4-Stream rules and through resets, with random stalls on every stream.

1. A reset while the first frame is being taken.
2. The first frame (a batch where the core computes several together), from a core that must have forgotten all of it.
3. A reset at a random moment of computing or answering.
4. All other frames, back to back.

Values are compared by hwgen.flow.verify: every frame that came out whole is written down in order.
"""

from __future__ import annotations

from typing import Any

import cocotb
from cocotb.triggers import ClockCycles
from core_bench import CoreBench


async def play(bench: CoreBench, frames: range) -> None:
    await bench.reset()
    bench.send(frames)
    for _ in frames:
        await bench.receive()


async def cut_input_short(bench: CoreBench) -> None:
    await bench.reset()
    bench.send(range(bench.batch))
    beats = bench.random.randrange(bench.batch * bench.job["input"]["beats_per_frame"])
    await bench.until(lambda: bench.watch.taken >= beats)


async def cut_answer_short(bench: CoreBench) -> None:
    await bench.reset()
    bench.send(range(len(bench.frames))[-bench.batch :])
    beats = bench.batch * bench.job["input"]["beats_per_frame"]
    await bench.until(lambda: bench.watch.taken >= beats)
    await ClockCycles(bench.dut.aclk, bench.random.randint(1, bench.job["compute_cycles"]))


@cocotb.test()
async def verify(dut: Any) -> None:
    bench = CoreBench(dut)
    bench.stall()
    frames = range(len(bench.frames))
    failure = "the bench itself failed"
    try:
        await cut_input_short(bench)
        await play(bench, frames[: bench.batch])
        await cut_answer_short(bench)
        if frames[bench.batch :]:
            await play(bench, frames[bench.batch :])
        assert bench.watch.broken is None, bench.watch.broken
        failure = ""
    except AssertionError as error:
        failure = str(error)
        raise
    finally:
        bench.finish(failure)
