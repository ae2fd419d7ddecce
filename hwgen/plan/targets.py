"""What the targets have. Synthesis recipes stand in :mod:`hwgen.flow.synth`."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Target:
    """A device: 4-input LUTs (xc7: 6-input), multipliers of at least 8 x 8, block RAMs and the bits of one.

    ``multipliers`` counts what the lanes may take; ``max_pes`` and ``max_lanes`` bound the automatic choice.
    ``weight_bits``: of weights that cost no further multiplier. ``limited``: ``multipliers`` is what the user allows.
    """

    name: str
    family: str
    luts: int
    multipliers: int
    block_bits: int
    blocks: int
    block_width: int
    max_pes: int
    max_lanes: int
    clock_mhz: float
    weight_bits: int = 18
    limited: bool = False

    def spare_multipliers(self, taken: int) -> int:
        """Of its multipliers those that are left to the requantisers, where one takes as many bits as a lane's."""
        return max(0, self.multipliers - taken) if self._counts_all else 0

    @property
    def requantisers_limited(self) -> bool:
        """Whether the requantisers may take no multiplier but the spare ones."""
        return self.limited and self._counts_all

    @property
    def _counts_all(self) -> bool:
        return self.family == "ecp5"

    def limited_to(self, multipliers: int | None) -> Target:
        """The device with at most so many of its multipliers; None: with all of them."""
        if multipliers is None:
            return self
        return replace(self, multipliers=min(self.multipliers, multipliers), limited=True)


TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        Target(
            name="generic", family="generic", luts=50_000, multipliers=64, block_bits=18432, blocks=512, block_width=36,
            max_pes=8, max_lanes=4, clock_mhz=100.0,
        ),
        Target(
            name="ice40-up5k", family="ice40", luts=5280, multipliers=16, block_bits=4096, blocks=30, block_width=16,
            max_pes=4, max_lanes=2, clock_mhz=24.0, weight_bits=8,
        ),
        Target(
            name="ecp5-25k", family="ecp5", luts=24288, multipliers=28, block_bits=18432, blocks=56, block_width=36,
            max_pes=8, max_lanes=4, clock_mhz=80.0,
        ),
        Target(
            name="ecp5-45k", family="ecp5", luts=43848, multipliers=72, block_bits=18432, blocks=108, block_width=36,
            max_pes=16, max_lanes=4, clock_mhz=80.0,
        ),
        Target(
            name="ecp5-85k", family="ecp5", luts=83640, multipliers=156, block_bits=18432, blocks=208, block_width=36,
            max_pes=16, max_lanes=8, clock_mhz=100.0,
        ),
        Target(
            name="gowin-gw1nr9", family="gowin", luts=8640, multipliers=20, block_bits=18432, blocks=26, block_width=32,
            max_pes=4, max_lanes=2, clock_mhz=50.0, weight_bits=8,
        ),
        Target(
            name="xilinx-xc7", family="xilinx", luts=63400, multipliers=240, block_bits=18432, blocks=270,
            block_width=36, max_pes=16, max_lanes=8, clock_mhz=100.0,
        ),
    )
}  # fmt: skip
"""By name."""

ADD_BITS = 11
"""Weights of adds on wide multipliers: nearly every add has two to five taps, and products stay narrow."""


def widest_add(target: str) -> int:
    """The greatest weight of an add's tap on a target (or on an unknown one, which is refused later)."""
    bits = min(ADD_BITS, TARGETS[target].weight_bits) if target in TARGETS else ADD_BITS
    return (1 << (bits - 1)) - 1
