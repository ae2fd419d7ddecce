"""Benchmarks: what hwgen measures of itself, and against published figures. One file each."""

from hwgen.bench.names import BENCHMARKS, run_benchmark

__all__ = ["BENCHMARKS", "run_benchmark"]
