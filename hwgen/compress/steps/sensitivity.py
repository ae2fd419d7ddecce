"""The step ``sensitivity``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import ClassVar

from hwgen.compress.frames import accuracy
from hwgen.compress.sensitivity import DENSITIES, scan
from hwgen.compress.steps.base import Context, Outcome, Step, check_range
from hwgen.errors import UsageError
from hwgen.model import Model


@dataclass(frozen=True, kw_only=True)
class SensitivityStep(Step):
    """The accuracy with each layer alone pruned to each of ``densities``; changes nothing."""

    name: ClassVar[str] = "sensitivity"
    densities: tuple[float, ...] = DENSITIES

    def __post_init__(self) -> None:
        for density in self.densities:
            check_range(density, 0, 1, "densities")

    def run(self, model: Model, context: Context) -> Outcome:
        data = context.test
        if data is None or data.labels is None:
            raise UsageError(
                "the step 'sensitivity' needs data with labels", key="--labels", hint="give --data, --labels"
            )
        found = scan(
            model,
            lambda pruned: accuracy(pruned, data),
            self.densities,
            lambda done: context.progress("sensitivity of the layers", done),
        )
        return Outcome(model=model, tables={"sensitivity": [asdict(row) for row in found]})
