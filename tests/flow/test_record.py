"""Cycle figures from a record."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from hwgen.flow.record import Record


def record() -> Record:
    return Record(
        first_inputs=[3, 40, 90],
        last_outputs=[33, 73, 123],
        frame_starts=[10, 50, 100],
        layer_dones=[14, 19, 24, 30, 60, 65],
        cycles_run=130,
        seconds=0.5,
    )


def test_figures() -> None:
    found = record()
    assert found.cycles == 120
    assert found.cycles_per_frame == [30, 40, 50]
    assert sum(found.cycles_per_frame) == found.cycles
    assert found.cycles_per_second == 260.0
    assert found.first(2).cycles == 70


def test_a_layer_ends_with_its_pulse() -> None:
    assert record().compute_cycles([0, 1, 2], 3) == [4, 5, 5]


def test_layers_without_pulse_cost_nothing_and_repeated_ones_add_up() -> None:
    """The second frame of a batch starts at 50, after the last pulse of the first."""
    assert record().compute_cycles([0, 2, 2, 0, 0, 2], 4) == [4 + 6 + 10, 0, 5 + 5 + 5, 0]


def test_reading_what_the_driver_wrote(tmp_path: Path) -> None:
    words = [2, 3, 40, 2, 33, 73, 0, 1, 19, 2, 80, 2_000_000_000, 2, 11, 7]
    np.array(words, np.uint64).tofile(tmp_path / "record")
    found = Record.read(tmp_path / "record")
    assert found == Record(
        first_inputs=[3, 40], last_outputs=[33, 73], frame_starts=[], layer_dones=[19], cycles_run=80, seconds=2.0,
        counters=[11, 7],
    )  # fmt: skip
    assert found.cycles_per_second == 40.0


def test_a_run_that_was_not_timed_has_no_speed() -> None:
    assert replace(record(), seconds=0.0).cycles_per_second is None
