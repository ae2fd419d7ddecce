"""The integer arithmetic that the golden model and the hardware planner share, said once.

Everything is exact and vectorised over NumPy int64 arrays; nothing here is floating point.
"""

from hwgen.fixed.add import add
from hwgen.fixed.divide import rounding_divide_half_away
from hwgen.fixed.requantise import (
    ACC_BITS,
    ACC_MAX,
    ACC_MIN,
    AccumulatorOverflowError,
    Rounding,
    multiply_shift,
    requantise,
)
from hwgen.fixed.widths import signed_bits, unsigned_bits
from hwgen.fixed.winograd import WinogradTransform, winograd_transform

__all__ = [
    "ACC_BITS",
    "ACC_MAX",
    "ACC_MIN",
    "AccumulatorOverflowError",
    "Rounding",
    "WinogradTransform",
    "add",
    "multiply_shift",
    "requantise",
    "rounding_divide_half_away",
    "signed_bits",
    "unsigned_bits",
    "winograd_transform",
]
