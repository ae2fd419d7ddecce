"""The integer NumPy model: what a core must compute, bit for bit.

``run`` gives every layer's output and ``infer`` the network's, on integers. ``infer_float`` takes and gives real
numbers; ``run_float`` traces a float network.
"""

from hwgen.golden.frames import check_frames
from hwgen.golden.real import dequantise, infer_float, is_float, quantise, run_float, weighted_sums
from hwgen.golden.run import infer, run

__all__ = [
    "check_frames",
    "dequantise",
    "infer",
    "infer_float",
    "is_float",
    "quantise",
    "run",
    "run_float",
    "weighted_sums",
]
