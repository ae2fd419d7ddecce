"""What steps share."""

from __future__ import annotations

import pytest

from hwgen.compress.steps.base import Context, by_layer, check_choice, check_range, values_of
from hwgen.errors import UsageError
from tests.compress.networks import mlp


def test_one_value_for_all_or_one_for_each_named() -> None:
    model = mlp(4, 3, 2)
    assert by_layer(0.5, model, "density") == ({"fc1": 0.5, "fc2": 0.5}, {})
    assert by_layer({"fc2": 0.1}, model, "density") == ({"fc2": 0.1}, {"fc1": "is not named in 'density'"})
    with pytest.raises(UsageError, match="key 'density': the model has no layer 'fc9' with weights"):
        by_layer({"fc9": 0.1}, model, "density")
    assert values_of(3) == [3]
    assert values_of({"a": 1, "b": 2}) == [1, 2]


def test_data_that_are_missing_are_asked_for() -> None:
    nothing = Context(original=mlp(4, 3))
    with pytest.raises(UsageError, match="the step 'prune' needs data"):
        nothing.training_frames("prune")


def test_ranges_and_choices() -> None:
    check_range(None, 0, 1, "x")
    with pytest.raises(UsageError, match=r"key 'x': is 2, must lie in 0\.\.1"):
        check_range(2, 0, 1, "x")
    with pytest.raises(UsageError, match="key 'x': is nan"):
        check_range(float("nan"), 0, 1, "x")
    with pytest.raises(UsageError, match="must be one of a, b"):
        check_choice("c", ("a", "b"), "x")
