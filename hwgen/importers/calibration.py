"""What an importer quantises a float network with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from hwgen.compress.quantise import Quantisation


@dataclass(frozen=True, kw_only=True, eq=False)
class Calibration:
    """``frames``: real numbers (frames, *input.shape) like those the network will see; ``options``: into what."""

    frames: NDArray[Any]
    options: Quantisation = field(default_factory=Quantisation)
