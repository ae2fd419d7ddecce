"""Mixed precision: matrix products in 16 bits, weights and their updates in 32 (Micikevicius et al., ICLR 2018)."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True)
class Precision:
    """``name``: "float32", "bf16" or "fp16".

    bf16 has the range of float32 and needs nothing else. fp16's least positive number is 6e-8: the loss is scaled up,
    gradients down again, and a step whose gradients overflow is left out and halves the scale (section 3.2).
    """

    name: str

    def autocast(self) -> AbstractContextManager[Any]:
        """Where the forward pass runs."""
        kinds = {"bf16": torch.bfloat16, "fp16": torch.float16}
        return torch.autocast("cpu", dtype=kinds.get(self.name, torch.bfloat16), enabled=self.name in kinds)

    def scaler(self) -> Any:
        """The scaling of the loss; without effect where it is not needed."""
        return torch.amp.GradScaler("cpu", enabled=self.name == "fp16")


FULL = Precision("float32")
PRECISIONS = ("float32", "bf16", "fp16")
