"""The step ``dsd``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hwgen.compress.steps.base import Context, Outcome, check_range
from hwgen.compress.steps.training import Training, epochs_told, require_torch
from hwgen.errors import UsageError
from hwgen.golden import is_float
from hwgen.model import Model


@dataclass(frozen=True, kw_only=True)
class DsdStep(Training):
    """Dense-sparse-dense: ``epochs`` with each layer pruned to ``density``, then ``dense_epochs`` with all weights."""

    name: ClassVar[str] = "dsd"
    epochs: int = 1
    dense_epochs: int = 1
    density: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range(self.density, 0, 1, "density")
        check_range(self.dense_epochs, 1, 100_000, "dense_epochs")

    def run(self, model: Model, context: Context) -> Outcome:
        if not is_float(model):
            raise UsageError("the model is quantised already", key=self.name, hint="train before quantising")
        data = context.labelled_frames(self.name)
        require_torch(self.name)
        from hwgen.compress.train.data import Examples
        from hwgen.compress.train.dsd import dense_sparse_dense

        _, dense = dense_sparse_dense(
            model,
            Examples.of(*data),
            self.schedule(model, context),
            self.density,
            self.dense_epochs,
            epochs_told(self.name, self.epochs + self.dense_epochs, context),
        )
        return Outcome(model=dense)
