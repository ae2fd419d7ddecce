"""Contexts for steps: frames that a small network learns in a second."""

from __future__ import annotations

from hwgen.compress.frames import Frames
from hwgen.compress.steps import Context
from hwgen.model import Model
from hwgen.plan import PlanOptions
from tests.compress.train_data import directions


def context(model: Model, count: int = 96, **more: object) -> Context:
    """With labelled data for ``model``, predicted on 4 PEs x 2 lanes."""
    frames, labels = directions(count, model.input.shape)
    test, test_labels = directions(count, model.input.shape, seed=1)
    return Context(
        original=model,
        train=Frames(frames, labels),
        test=Frames(test, test_labels),
        options=PlanOptions(pes=4, lanes=2),
        **more,  # type: ignore[arg-type]
    )
