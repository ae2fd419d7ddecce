"""Example models."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwgen.bench.examples import example
from hwgen.errors import UsageError


def test_the_committed_models_are_found() -> None:
    assert example("digits_cnn.npz").stat().st_size > 0


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"digits_cnn\.npz: the benchmark's model is missing.*clone") as caught:
        example("digits_cnn.npz", tmp_path)
    assert caught.value.exit_status == 2
