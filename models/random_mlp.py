"""An int8 MLP 16-64-32-32-5 of random weights, for speed comparisons only: ``python models/random_mlp.py``."""

from __future__ import annotations

from collections import OrderedDict
from itertools import pairwise
from pathlib import Path

import torch
from quantisation import activation, quantise
from torch import nn
from training import make_deterministic

from hwgen.model import save

NAME = "nngen_mlp"
WIDTHS = (16, 64, 32, 32, 5)
FRAMES = 1000
SEED = 0


def main() -> None:
    """Draws the weights, calibrates on uniform noise in -1..1 and writes the model beside this file."""
    make_deterministic()
    torch.manual_seed(SEED)
    modules: OrderedDict[str, nn.Module] = OrderedDict()
    for index, (inputs, outputs) in enumerate(pairwise(WIDTHS), start=1):
        modules[f"fc{index}"] = nn.Linear(inputs, outputs)
        if index < len(WIDTHS) - 1:
            modules[f"relu{index}"] = nn.ReLU()
    noise = torch.rand(FRAMES, WIDTHS[0]) * 2 - 1
    model = quantise(NAME, nn.Sequential(modules), noise, activation((WIDTHS[0],), -1.0, 1.0))
    save(model, Path(__file__).parent / f"{NAME}.npz")


if __name__ == "__main__":
    main()
