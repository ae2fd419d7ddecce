"""The step sensitivity."""

from __future__ import annotations

import pytest

from hwgen.compress.steps.base import Context
from hwgen.compress.steps.sensitivity import SensitivityStep
from hwgen.errors import UsageError
from tests.compress.networks import mlp
from tests.compress.steps.contexts import context


def test_a_table_and_the_same_model() -> None:
    model = mlp(8, 6, 3)
    outcome = SensitivityStep(densities=(1.0, 0.1)).run(model, context(model))
    assert outcome.model is model
    rows = outcome.tables["sensitivity"]
    assert [(row["layer"], row["density"]) for row in rows] == [("fc1", 1.0), ("fc1", 0.1), ("fc2", 1.0), ("fc2", 0.1)]
    assert rows[0]["accuracy"] == rows[2]["accuracy"]


def test_it_needs_labels() -> None:
    with pytest.raises(UsageError, match="needs data with labels"):
        SensitivityStep().run(mlp(8, 3), Context(original=mlp(8, 3)))
    with pytest.raises(UsageError, match="key 'densities'"):
        SensitivityStep(densities=(2.0,))
