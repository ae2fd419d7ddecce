"""Post-training quantisation of a small sequential PyTorch network to an hwgen model of int8."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils import parametrize
from training import shared

from hwgen.model import (
    Activation,
    CodebookWeights,
    Conv2d,
    Dense,
    DenseWeights,
    Layer,
    MaxPool2d,
    Model,
    Requant,
    Weights,
)

MULTIPLIER_BITS = 16
LO, HI = -128, 127


def activation(shape: tuple[int, ...], low: float, high: float, *, relu: bool = False) -> Activation:
    """Asymmetric int8 over low..high, widened to hold 0 so that padding and ReLU are exact."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = (high - low) / (HI - LO) or 1.0
    zero_point = round(LO - low / scale)
    return Activation(shape=shape, scale=scale, zero_point=zero_point, min=zero_point if relu else LO, max=HI)


def quantise_input(images: NDArray[np.float32], to: Activation) -> NDArray[np.int8]:
    """Real pixels to q."""
    return np.clip(np.rint(images / to.scale) + to.zero_point, to.min, to.max).astype(np.int8)


def quantise(name: str, net: nn.Sequential, calibration: Tensor, model_input: Activation) -> Model:
    """``net`` (Conv2d, Linear, ReLU, MaxPool2d and Flatten, with names) as an int8 model.

    Output ranges are those seen on ``calibration``. Weights are symmetric with one scale per output channel, or one per
    layer if they are shared (codebook). A multiplier has MULTIPLIER_BITS bits; rounding is ``half_up``.
    """
    layers: list[Layer] = []
    source, before = "input", model_input
    for layer_name, module, relu, outputs in _steps(net, calibration):
        shape = tuple(outputs.shape[1:])
        if isinstance(module, nn.MaxPool2d):
            size = (int(module.kernel_size), int(module.kernel_size))
            after = Activation(
                shape=shape, scale=before.scale, zero_point=before.zero_point, min=before.min, max=before.max
            )
            layers.append(MaxPool2d(name=layer_name, inputs=(source,), output=after, kernel=size, stride=size))
        else:
            after = activation(shape, outputs.min().item(), outputs.max().item(), relu=relu)
            layers.append(_weighted(layer_name, module, source, before, after))
        source, before = layer_name, after
    return Model(name=name, input=model_input, layers=tuple(layers), outputs=(source,))


def requant(real: NDArray[np.float64]) -> Requant:
    """Real factors per channel as multiplier / 2**shift, the multiplier of MULTIPLIER_BITS bits."""
    exponent = np.frexp(real)[1]
    multiplier = np.rint(np.ldexp(real, MULTIPLIER_BITS - exponent)).astype(np.int32)
    carried = multiplier == 1 << MULTIPLIER_BITS
    return Requant(
        multiplier=np.where(carried, multiplier >> 1, multiplier).astype(np.int32),
        shift=(MULTIPLIER_BITS - exponent - carried).astype(np.int8),
        rounding="half_up",
    )


def quantised_weights(module: nn.Module) -> tuple[Weights, NDArray[np.float64]]:
    """Weights of 8 bits and their scale per output channel."""
    if parametrize.is_parametrized(module, "weight"):
        codes, codebook = shared(module)
        scale = np.abs(codebook).max() / HI
        entries = np.rint(codebook / scale).astype(np.int8)
        weights = CodebookWeights(bits=8, codes=codes, codebook=entries, code_bits=(len(entries) - 1).bit_length())
        return weights, np.full(len(codes), scale)
    values = module.weight.detach().numpy().astype(np.float64)
    scales = np.abs(values).reshape(len(values), -1).max(axis=1) / HI
    scales[scales == 0] = 1.0
    integers = np.rint(values / scales.reshape(-1, *(1,) * (values.ndim - 1))).astype(np.int8)
    return DenseWeights(bits=8, values=integers), scales


def _steps(net: nn.Sequential, calibration: Tensor) -> Iterator[tuple[str, nn.Module, bool, Tensor]]:
    """(name, module, followed by ReLU, outputs after the ReLU) of every module that becomes a layer."""
    children = list(net.named_children())
    x = calibration
    with torch.no_grad():
        for index, (name, module) in enumerate(children):
            x = module(x)
            if isinstance(module, nn.Flatten | nn.ReLU):
                continue
            relu = index + 1 < len(children) and isinstance(children[index + 1][1], nn.ReLU)
            yield name, module, relu, x.relu() if relu else x


def _weighted(name: str, module: nn.Module, source: str, before: Activation, after: Activation) -> Layer:
    weights, scales = quantised_weights(module)
    bias = np.rint(module.bias.detach().numpy().astype(np.float64) / (before.scale * scales)).astype(np.int64)
    factors = requant(before.scale * scales / after.scale)
    if isinstance(module, nn.Conv2d):
        top, left = (int(p) for p in module.padding)
        return Conv2d(
            name=name,
            inputs=(source,),
            output=after,
            weights=weights,
            bias=bias,
            requant=factors,
            stride=(int(module.stride[0]), int(module.stride[1])),
            padding=(top, top, left, left),
        )
    return Dense(name=name, inputs=(source,), output=after, weights=weights, bias=bias, requant=factors)
