"""Plays frames through a core without stalls: what sim/drive.cpp does, for simulators that have no C++ model."""

from __future__ import annotations

from typing import Any

import cocotb
from core_bench import CoreBench


@cocotb.test()
async def simulate(dut: Any) -> None:
    bench = CoreBench(dut)
    failure = "the bench itself failed"
    try:
        await bench.reset()
        bench.send(range(len(bench.frames)))
        for _ in bench.frames:
            await bench.receive()
        failure = ""
    except AssertionError as error:
        failure = str(error)
        raise
    finally:
        bench.finish(failure)
