"""The step ``distil``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from hwgen.compress.steps.base import Context, Outcome, check_range
from hwgen.compress.steps.training import Training, network, require_torch, train
from hwgen.errors import UsageError
from hwgen.golden import is_float
from hwgen.model import Model, load


@dataclass(frozen=True, kw_only=True)
class DistilStep(Training):
    """Train against a teacher's soft outputs at ``temperature``, which count ``weight`` (0..1) beside the labels.

    ``teacher`` is the file of a float model of the same input and outputs; without it the model that the command was
    given teaches what has become of it.
    """

    name: ClassVar[str] = "distil"
    epochs: int = 1
    teacher: str | None = None
    temperature: float = 4.0
    weight: float = 0.7

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range(self.temperature, 1e-3, 1000, "temperature")
        check_range(self.weight, 0, 1, "weight")

    def run(self, model: Model, context: Context) -> Outcome:
        teacher = context.original if self.teacher is None else load(Path(self.teacher))
        for which, one in (("teacher", teacher), ("student", model)):
            if not is_float(one):
                raise UsageError(f"the {which} is quantised", key="teacher", hint="distil between float models")
        ends = [(one.input.shape, one.activation(one.outputs[0]).shape) for one in (teacher, model)]
        if ends[0] != ends[1]:
            raise UsageError(
                f"the teacher takes {ends[0][0]} and gives {ends[0][1]}, the model {ends[1][0]} and {ends[1][1]}",
                key="teacher",
            )
        require_torch(self.name)
        from hwgen.compress.train.distil import distillation
        from hwgen.compress.train.network import Network

        loss = distillation(Network(teacher).eval(), self.temperature, self.weight)
        return Outcome(model=train(network(model), self, context, loss=loss))
