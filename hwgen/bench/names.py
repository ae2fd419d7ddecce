"""The benchmarks by name."""

from __future__ import annotations

from collections.abc import Callable

from hwgen.bench.accuracy import accuracy
from hwgen.bench.digits import digits
from hwgen.bench.eie import eie
from hwgen.bench.fmax import fmax
from hwgen.bench.lenet import lenet
from hwgen.bench.lenet_clock import lenet_clock
from hwgen.bench.mlperf_clock import mlperf_clock
from hwgen.bench.mlperf_tiny import mlperf_tiny
from hwgen.bench.nm import nm
from hwgen.bench.nngen import nngen
from hwgen.bench.onnx_qdq import onnx_qdq
from hwgen.bench.pruned import pruned
from hwgen.bench.result import Result
from hwgen.bench.shapes import shapes
from hwgen.bench.sparsity import sparsity
from hwgen.bench.winograd import winograd
from hwgen.bench.winograd_both import winograd_both
from hwgen.bench.winograd_clock import winograd_clock
from hwgen.bench.winograd_sparse import winograd_sparse
from hwgen.errors import UsageError
from hwgen.flow.process import Progress, silent

BENCHMARKS: dict[str, Callable[[Progress], Result]] = {
    "digits": lambda progress: digits(progress=progress),
    "shapes": lambda progress: shapes(progress=progress),
    "nngen": lambda progress: nngen(progress=progress),
    "nm": lambda progress: nm(progress=progress),
    "pruned": lambda progress: pruned(progress=progress),
    "fmax": lambda progress: fmax(progress=progress),
    "sparsity": lambda progress: sparsity(progress=progress),
    "eie": lambda progress: eie(progress=progress),
    "onnx-qdq": lambda progress: onnx_qdq(progress=progress),
    "accuracy": lambda progress: accuracy(progress=progress),
    "lenet": lambda progress: lenet(progress=progress),
    "lenet-clock": lambda progress: lenet_clock(progress=progress),
    "mlperf-tiny": lambda progress: mlperf_tiny(progress=progress),
    "winograd": lambda progress: winograd(progress=progress),
    "winograd-sparse": lambda progress: winograd_sparse(progress=progress),
    "winograd-clock": lambda progress: winograd_clock(progress=progress),
    "winograd-both": lambda progress: winograd_both(progress=progress),
    "mlperf-clock": lambda progress: mlperf_clock(progress=progress),
}


def run_benchmark(name: str, progress: Progress = silent) -> Result:
    """Measure.

    Raises
    ------
    UsageError
        There is no benchmark of that name, or its models are not there.
    ToolMissingError
        What it measures with is not installed.
    """
    if name not in BENCHMARKS:
        raise UsageError(f"unknown benchmark {name!r}", hint=f"one of {', '.join(BENCHMARKS)}")
    return BENCHMARKS[name](progress)
