"""Contents: what the arrays hold. The form has been checked."""

from __future__ import annotations

import numpy as np

from hwgen.errors import ModelError
from hwgen.model.layers import Conv2d, Dense, Mean, Requant, Requantize
from hwgen.model.locate import located
from hwgen.model.model import Model
from hwgen.model.requants import MAX_SHIFT


def check_contents(model: Model) -> None:
    """Refuse arrays with wrong contents; raises ModelError with layer and key."""
    for layer in model.layers:
        with located(layer=layer.name):
            if isinstance(layer, (Conv2d, Dense)):
                layer.weights.check_values()
                if layer.bias is not None and not np.isfinite(layer.bias).all():
                    raise ModelError("holds NaN or an infinity, every bias must be finite", key="bias")
            if isinstance(layer, (Conv2d, Dense, Mean, Requantize)) and layer.requant is not None:
                _check_requant(layer.requant)


def _check_requant(requant: Requant) -> None:
    if int(requant.multiplier.min()) < 0:
        raise ModelError(
            f"is {int(requant.multiplier.min())} for channel {int(requant.multiplier.argmin())}, must not be negative",
            key="requant.multiplier",
        )
    for channel, shift in (
        (int(requant.shift.argmin()), requant.shift.min()),
        (int(requant.shift.argmax()), requant.shift.max()),
    ):
        if not 0 <= int(shift) <= MAX_SHIFT:
            raise ModelError(
                f"is {int(shift)} for channel {channel}, must lie in 0..{MAX_SHIFT}",
                key="requant.shift",
                hint="it is the total right shift, 31 minus TFLite's exponent",
            )
