"""A float model as a torch module, and its weights back into the model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from hwgen.compress.train.distributed import current
from hwgen.compress.weighted import weighted_layers, with_weights
from hwgen.errors import UnsupportedError
from hwgen.model import (
    INPUT,
    Activation,
    Add,
    AvgPool2d,
    Concat,
    Conv2d,
    Dense,
    Flatten,
    FloatWeights,
    Layer,
    MaxPool2d,
    Mean,
    Model,
    Requantize,
    Softmax,
)


class Weighted(nn.Module):
    """The parameters of one layer; what a step does to weights is a parametrisation of ``weight``."""

    def __init__(self, layer: Conv2d | Dense) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(layer.weights.decode(), dtype=torch.float32))
        bias = torch.zeros(layer.weights.shape[0]) if layer.bias is None else torch.tensor(layer.bias)
        self.bias = nn.Parameter(bias.to(torch.float32), requires_grad=layer.bias is not None)


class Network(nn.Module):
    """Interprets a float model; the same real numbers as ``golden.run_float``, in float32.

    ``forward`` takes frames (n, *input.shape) and gives the model's output; a softmax at the end is left out, since
    cross entropy takes logits. ``trained`` are the parameters' owners by layer name.
    """

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model
        self._linear = current.linear()
        self._layers = [layer for layer in model.layers if not isinstance(layer, Softmax)]
        self._parts = nn.ModuleList()
        self.trained: dict[str, Weighted] = {}
        for layer in self._layers:
            _check(layer)
            if isinstance(layer, Conv2d | Dense):
                self.trained[layer.name] = Weighted(layer)
                self._parts.append(self.trained[layer.name])
        if len(model.outputs) != 1:
            raise UnsupportedError(
                f"the model has {len(model.outputs)} outputs, training needs one", hint="leave the training steps out"
            )

    def forward(self, frames: Tensor) -> Tensor:
        values = {INPUT: frames}
        name = INPUT
        for layer in self._layers:
            x = self._apply(layer, [values[source] for source in layer.inputs])
            name = layer.name
            values[name] = x.reshape(len(frames), *layer.output.shape)
        return values[name]

    def _apply(self, layer: Layer, inputs: list[Tensor]) -> Tensor:
        x = inputs[0]
        match layer:
            case Dense():
                part = self.trained[layer.name]
                return _clamp(self._linear(x.flatten(1), part.weight, part.bias), layer.output)
            case Conv2d():
                part = self.trained[layer.name]
                x, padding = _padded(x, layer.padding, 0.0)
                x = functional.conv2d(x, part.weight, part.bias, layer.stride, padding, groups=layer.groups)
                return _clamp(x, layer.output)
            case MaxPool2d():
                x, padding = _padded(x, layer.padding, -torch.inf)
                return _clamp(functional.max_pool2d(x, layer.kernel, layer.stride, padding), layer.output)
            case AvgPool2d():
                return _clamp(_average(layer, x), layer.output)
            case Mean():
                return _clamp(x.mean(dim=(2, 3)), layer.output)
            case Add():
                return _clamp(inputs[0] + inputs[1], layer.output)
            case Concat():
                return torch.cat(inputs, dim=1)
            case Requantize():
                return _clamp(x, layer.output)
            case _:
                return x

    def split_parameters(self) -> Iterator[nn.Parameter]:
        """Of the fully connected layers, whose rows model parallelism splits."""
        for name, part in self.trained.items():
            if isinstance(self.model.layer(name), Dense):
                yield from part.parameters()

    def to_model(self) -> Model:
        """The model with the parameters as they are now."""
        weights = {name: part.weight.detach().float().numpy() for name, part in self.trained.items()}
        biases = {
            name: part.bias.detach().float().numpy()
            for name, part in self.trained.items()
            if weighted_layers(self.model)[name].bias is not None
        }
        return with_weights(self.model, weights, biases)


def _check(layer: Layer) -> None:
    hint = "train before quantising"
    if isinstance(layer, Conv2d | Dense) and not isinstance(layer.weights, FloatWeights):
        raise UnsupportedError("has integer weights, only float layers are trained", layer=layer.name, hint=hint)
    if isinstance(layer, Conv2d) and layer.domain is not None:
        raise UnsupportedError(
            f"has weights in the domain {layer.domain}, which is not trained", layer=layer.name, hint=hint
        )
    known = (Conv2d, Dense, MaxPool2d, AvgPool2d, Mean, Add, Concat, Requantize, Flatten)
    if not isinstance(layer, known):
        raise UnsupportedError(f"the operation {layer.op} is not trained", layer=layer.name, hint="remove the layer")


def _padded(x: Tensor, padding: tuple[int, int, int, int], value: float) -> tuple[Tensor, tuple[int, int]]:
    """Symmetric padding is left to the operation, which is much faster; any other is laid around the map."""
    top, bottom, left, right = padding
    if top == bottom and left == right and value == 0.0:
        return x, (top, left)
    if any(padding):
        x = functional.pad(x, (left, right, top, bottom), value=value)
    return x, (0, 0)


def _average(layer: AvgPool2d, x: Tensor) -> Tensor:
    ones = torch.ones(1, 1, *x.shape[2:])
    total, _ = _padded(x, layer.padding, 0.0)
    top, bottom, left, right = layer.padding
    ones = functional.pad(ones, (left, right, top, bottom), value=float(layer.count_include_pad))
    total = functional.pad(x, (left, right, top, bottom))
    pool: Any = functional.avg_pool2d
    return pool(total, layer.kernel, layer.stride) / pool(ones, layer.kernel, layer.stride)


def _clamp(x: Tensor, output: Activation) -> Tensor:
    """ReLU and clips, as golden does them: a bound at the end of the range bounds nothing."""
    lowest, highest = output.full_range
    low = None if output.min <= lowest else output.scale * (output.min - output.zero_point)
    high = None if output.max >= highest else output.scale * (output.max - output.zero_point)
    if low is None and high is None:
        return x
    if low == 0 and high is None:
        return functional.relu(x)
    return x.clamp(low, high)
