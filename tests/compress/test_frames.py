"""Data and accuracy."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen import golden
from hwgen.compress.frames import Frames, accuracy, check_frames
from hwgen.compress.predict import as_integers
from hwgen.errors import UsageError
from tests.compress.networks import mlp
from tests.compress.train_data import directions


def test_the_held_out_tenth_is_apart() -> None:
    data = Frames(np.arange(40.0).reshape(20, 2), np.arange(20))
    train, held = data.split(3)
    assert (len(train), len(held)) == (18, 2)
    assert sorted([*train.labels, *held.labels]) == list(range(20))
    assert (train.frames[:, 0] == 2 * train.labels).all()
    assert np.array_equal(data.split(3)[1].labels, held.labels)


def test_accuracy_of_float_and_integer_models() -> None:
    model = mlp(8, 6, 3)
    frames, labels = directions(30, (8,))
    wanted = np.mean(golden.infer_float(model, frames).argmax(1) == labels)
    assert accuracy(model, Frames(frames, labels)) == wanted
    integers = as_integers(model)
    wanted = np.mean(golden.infer_float(integers, frames).argmax(1) == labels)
    told: list[float] = []
    assert accuracy(integers, Frames(frames, labels), told.append) == wanted
    assert told[-1] == 1


@pytest.mark.parametrize(
    ("frames", "labels", "text"),
    [
        (np.zeros((4, 7)), None, r"has shape \(4, 7\) of float64, the model takes frames \('n', 8\)"),
        (np.zeros((0, 8)), None, "has shape"),
        (np.zeros((4, 8), complex), None, "complex128"),
        (np.full((4, 8), np.nan), None, "NaN"),
        (np.zeros((4, 8)), np.zeros(3, int), "must be 4 integers"),
        (np.zeros((4, 8)), np.zeros(4), "of float64"),
        (np.zeros((4, 8)), np.array([0, 1, 2, 3]), "the labels reach from 0 to 3, the model has 3 outputs"),
    ],
)
def test_data_that_do_not_fit_are_said(frames: np.ndarray, labels: np.ndarray | None, text: str) -> None:
    with pytest.raises(UsageError, match=text) as error:
        check_frames(Frames(frames, labels), mlp(8, 3), "x.npy")
    assert error.value.file == "x.npy"
