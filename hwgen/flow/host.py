"""What of a model the host computes: a final softmax. The core delivers what goes into it."""

from __future__ import annotations

from collections.abc import Callable

from hwgen.errors import UnsupportedError
from hwgen.flow.frames import IntArray
from hwgen.golden.softmax import softmax
from hwgen.model import Model, Softmax


def output_of(model: Model) -> str:
    """Name of the model's one output.

    Raises
    ------
    UnsupportedError
        It has several: a core has one output stream.
    """
    if len(model.outputs) != 1:
        raise UnsupportedError(f"a core has one output, the model {len(model.outputs)}", file=model.name)
    return model.outputs[0]


def core_output(model: Model) -> str:
    """Name of the layer whose output the core delivers."""
    layer = model.layer(output_of(model))
    return layer.inputs[0] if isinstance(layer, Softmax) else layer.name


def finish(model: Model) -> Callable[[IntArray], IntArray]:
    """The function from what the core delivers, (frames, *shape), to the model's output."""
    layer = model.layer(output_of(model))

    def host(values: IntArray) -> IntArray:
        if not isinstance(layer, Softmax):
            return values.reshape(len(values), *layer.output.shape).astype(layer.output.dtype)
        shares = softmax(
            values,
            input_multiplier=layer.input_multiplier,
            input_left_shift=layer.input_left_shift,
            diff_min=layer.diff_min,
            lo=layer.output.min,
            hi=layer.output.max,
        )
        return shares.astype(layer.output.dtype)

    return host
