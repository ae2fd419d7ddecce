"""The step ``finetune``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hwgen.compress.steps.base import Context, Outcome
from hwgen.compress.steps.training import Training, network, require_torch, train
from hwgen.errors import UsageError
from hwgen.golden import is_float
from hwgen.model import Model


@dataclass(frozen=True, kw_only=True)
class FinetuneStep(Training):
    """Train on for ``epochs``; pruned weights stay zero, shared ones equal."""

    name: ClassVar[str] = "finetune"
    epochs: int = 1

    def run(self, model: Model, context: Context) -> Outcome:
        if not is_float(model):
            raise UsageError("the model is quantised already", key=self.name, hint="train before quantising")
        require_torch(self.name)
        return Outcome(model=train(network(model), self, context))
