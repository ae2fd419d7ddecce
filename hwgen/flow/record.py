"""When things happened in a run without stalls, and the cycle figures that follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Record:
    """Cycle numbers of one run, counted from the end of reset.

    Parameters
    ----------
    first_inputs, last_outputs:
        Per frame: its first input beat, its last output beat.
    frame_starts, layer_dones:
        The core's pulses.
    cycles_run, seconds:
        Length of the run, and the processor time it took; 0 seconds where it was not measured.
    counters:
        What the core's counters read at the end, in the order of the manifest.
    """

    first_inputs: list[int]
    last_outputs: list[int]
    frame_starts: list[int]
    layer_dones: list[int]
    cycles_run: int
    seconds: float
    counters: list[int] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Record:
        """Read what sim/drive.cpp wrote: six lists of 64-bit words, each after its length."""
        words = np.fromfile(path, np.uint64).tolist()
        lists = []
        for _ in range(6):
            count = words[0]
            lists.append(words[1 : 1 + count])
            words = words[1 + count :]
        first_inputs, last_outputs, frame_starts, layer_dones, (cycles_run, nanoseconds), counters = lists
        return cls(
            first_inputs=first_inputs,
            last_outputs=last_outputs,
            frame_starts=frame_starts,
            layer_dones=layer_dones,
            cycles_run=cycles_run,
            seconds=nanoseconds / 1e9,
            counters=counters,
        )

    def first(self, frames: int) -> Record:
        """The record without what follows the first ``frames`` frames."""
        return replace(self, first_inputs=self.first_inputs[:frames], last_outputs=self.last_outputs[:frames])

    @property
    def cycles(self) -> int:
        """First input beat to last output beat of the run."""
        return self.last_outputs[-1] - self.first_inputs[0]

    @property
    def cycles_per_frame(self) -> list[int]:
        """Last output beat minus the previous frame's; frame 0 from the first input beat."""
        ends = [self.first_inputs[0], *self.last_outputs]
        return [end - before for before, end in pairwise(ends)]

    def compute_cycles(self, pulses: Sequence[int], layers: int) -> list[int]:
        """Cycles of each of ``layers`` layers for frame 0 (for all its batch).

        A layer's cycles run from the end of the layer before it, or from the start of its frame if that is later, to
        its own end; ``pulses`` says whose end each ``layer_done`` is.
        """
        cycles = [0] * layers
        before = 0
        for layer, end in zip(pulses, self.layer_dones, strict=False):
            started = max(start for start in self.frame_starts if start < end)
            cycles[layer] += end - max(before, started)
            before = end
        return cycles

    @property
    def cycles_per_second(self) -> float | None:
        """Simulated cycles per second of processor time."""
        return self.cycles_run / self.seconds if self.seconds else None
