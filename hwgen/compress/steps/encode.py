"""The step ``encode``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hwgen.compress.encode import encode
from hwgen.compress.steps.base import Context, Outcome, Step, check_choice
from hwgen.model import Model
from hwgen.plan import build_plan

BY = ("bits", "cycles")


@dataclass(frozen=True, kw_only=True)
class EncodeStep(Step):
    """Store each integer layer in the encoding of the fewest bits, or of the fewest predicted cycles."""

    name: ClassVar[str] = "encode"
    by: str = "bits"

    def __post_init__(self) -> None:
        check_choice(self.by, BY, "by")

    def run(self, model: Model, context: Context) -> Outcome:
        if self.by == "bits":
            return Outcome(model=encode(model))

        def cycles(option: Model) -> int:
            context.progress("encode: cycles of each encoding", None)
            return build_plan(option, context.options).compute_cycles

        return Outcome(model=encode(model, cycles))
