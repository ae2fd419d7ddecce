"""Training on several processes (torch.distributed, gloo): which part of the work is whose, and how it is put together.

Outside of :func:`hwgen.compress.train.workers.on_workers` there is one process and nothing here changes anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.nn import functional

Linear = Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass
class Distribution:
    """``mode`` "data": each process takes a share of every batch. "model": each takes a share of the output rows of
    every fully connected layer, and the whole batch. ``rank`` of ``size`` processes."""

    mode: str = "data"
    rank: int = 0
    size: int = 1

    def part(self, frames: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """This process' share of a batch; none where the batch is smaller than the processes are many."""
        if self.size == 1 or self.mode != "data":
            return frames, labels
        own = shares(len(frames), self.size)[self.rank]
        return frames[own], labels[own]

    def reduce(self, split: Iterable[nn.Parameter], every: Iterable[nn.Parameter]) -> None:
        """Add up the processes' gradients: of ``every`` parameter, or of those whose layers are ``split``."""
        if self.size == 1:
            return
        for parameter in every if self.mode == "data" else split:
            if parameter.requires_grad:
                if parameter.grad is None:
                    parameter.grad = torch.zeros_like(parameter)
                distributed.all_reduce(parameter.grad)

    def linear(self) -> Linear:
        """What computes a fully connected layer."""
        if self.size == 1 or self.mode != "model":
            return functional.linear
        return SplitLinear(self.rank, self.size)


class SplitLinear:
    """x @ weight.T + bias, of which each process computes its share of the output rows.

    Forward the outputs are gathered. Backward each process has the gradient of its rows alone, and that of the input is
    added up (Dean et al., Large Scale Distributed Deep Networks, NIPS 2012, section 3).
    """

    def __init__(self, rank: int, size: int) -> None:
        self._rank, self._size = rank, size

    def __call__(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        rows = shares(len(weight), self._size)
        own = rows[self._rank]
        result = functional.linear(_Enter.apply(x), weight[own], bias[own])
        return _Gather.apply(result, rows, self._rank)


def shares(count: int, size: int) -> list[slice]:
    """``count`` items in ``size`` neighbouring shares whose lengths differ by one at most."""
    ends = [count * rank // size for rank in range(size + 1)]
    return [slice(start, stop) for start, stop in pairwise(ends)]


class _Enter(torch.autograd.Function):
    """The input of all processes: its gradient is the sum of theirs."""

    @staticmethod
    def forward(_context: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(_context: Any, gradient: Tensor) -> Tensor:
        gradient = gradient.contiguous().clone()
        distributed.all_reduce(gradient)
        return gradient


class _Gather(torch.autograd.Function):
    """All processes' outputs side by side; each keeps the gradient of its own."""

    @staticmethod
    def forward(context: Any, own: Tensor, rows: list[slice], rank: int) -> Tensor:
        context.own = rows[rank]
        # gloo gathers pieces of one size only.
        longest = max(part.stop - part.start for part in rows)
        padded = functional.pad(own, (0, longest - own.shape[1])).contiguous()
        pieces = [torch.empty_like(padded) for _ in rows]
        distributed.all_gather(pieces, padded)
        return torch.cat([piece[:, : part.stop - part.start] for piece, part in zip(pieces, rows, strict=True)], dim=1)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return gradient[:, context.own].contiguous(), None, None


current = Distribution()
"""Of this process."""
