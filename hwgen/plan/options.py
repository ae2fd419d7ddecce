"""What the user may decide about a core; what is not given is chosen for the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hwgen.errors import UsageError
from hwgen.plan.targets import TARGETS, Target

MAX_PES = 128
MAX_LANES = 64
MAX_INDEX_BITS = 16
MAX_QUEUE = 256


@dataclass(frozen=True, kw_only=True)
class PlanOptions:
    """Options of ``build``.

    ``index_bits``: sparse layers have a relative row index of so many bits; None: what is best for each. ``queue``:
    columns that wait at a PE before the scanner stops. ``balance``: rows of sparse layers go to PEs by their work;
    without it, as in EIE, row i goes to PE i mod N and every column to every queue. ``counters``: performance counters
    (:mod:`hwgen.plan.counters`). ``multipliers``: the most that the core may take of the target's; None: all.
    ``requantisers`` (a divisor of ``pes``) has no flag: the planner picks the fewest that cost no time.
    """

    target: str = "generic"
    pes: int | None = None
    lanes: int | None = None
    requantisers: int | None = None
    multipliers: int | None = None
    clock_mhz: float | None = None
    weights: Literal["rom", "load"] = "rom"
    algorithm: Literal["auto", "direct", "winograd2", "winograd4"] = "auto"
    batch: int = 1
    index_bits: int | None = None
    queue: int | None = None
    balance: bool = True
    counters: bool = False

    def __post_init__(self) -> None:
        if self.pes is not None and not 1 <= self.pes <= MAX_PES:
            raise UsageError(f"the number of PEs must be 1..{MAX_PES}, not {self.pes}", key="--pes")
        if self.lanes is not None and (not 1 <= self.lanes <= MAX_LANES or self.lanes & (self.lanes - 1)):
            raise UsageError(
                f"the number of lanes must be a power of two from 1 to {MAX_LANES}, not {self.lanes}", key="--lanes"
            )
        if self.multipliers is not None:
            self._check_multipliers(self.multipliers)
        if not 1 <= self.batch <= 1024:
            raise UsageError(f"the batch must be 1..1024 frames, not {self.batch}", key="--batch")
        if self.index_bits is not None and not 1 <= self.index_bits <= MAX_INDEX_BITS:
            raise UsageError(
                f"a relative index must have 1..{MAX_INDEX_BITS} bits, not {self.index_bits}", key="--index-bits"
            )
        if self.queue is not None and not 1 <= self.queue <= MAX_QUEUE:
            raise UsageError(f"a queue must hold 1..{MAX_QUEUE} columns, not {self.queue}", key="--queue")
        if self.clock_mhz is not None and not 0 < self.clock_mhz <= 2000:
            raise UsageError(f"the clock must lie above 0 and up to 2000 MHz, not {self.clock_mhz}", key="--clock-mhz")

    def _check_multipliers(self, most: int) -> None:
        if most < 1:
            raise UsageError(f"a core takes 1 multiplier or more, not {most}", key="--multipliers")
        pes, lanes = self.pes or 1, self.lanes or 1
        if pes * lanes > most:
            raise UsageError(
                f"{pes} PEs x {lanes} lanes take {pes * lanes} multipliers, and {most} are allowed",
                key="--multipliers",
                hint=f"allow {pes * lanes} or more, or take fewer --pes or --lanes",
            )

    @property
    def device(self) -> Target:
        """The target, with what the core may take of it.

        Raises
        ------
        UsageError
            There is no such target.
        """
        if self.target not in TARGETS:
            raise UsageError(
                f"there is no target {self.target!r}", key="--target", hint=f"one of {', '.join(sorted(TARGETS))}"
            )
        return TARGETS[self.target].limited_to(self.multipliers)
