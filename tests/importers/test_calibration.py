"""What an importer quantises with."""

from __future__ import annotations

import numpy as np

from hwgen.importers.calibration import Calibration


def test_eight_bits_unless_it_says_otherwise() -> None:
    options = Calibration(frames=np.zeros((1, 2))).options
    assert (options.activation_bits, options.weights.bits, options.calibration) == (8, 8, "min_max")
