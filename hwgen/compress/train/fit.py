"""The training loop: deterministic on a CPU, the same for every step that trains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional

from hwgen.compress.train.data import Examples
from hwgen.compress.train.distort import Distortion
from hwgen.compress.train.distributed import current
from hwgen.compress.train.network import Network
from hwgen.compress.train.precision import FULL, Precision

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
"""(outputs, labels, frames) to the mean loss of a batch."""
Progress = Callable[[float, float], None]
"""Share done (0..1) and the running loss."""


def cross_entropy(outputs: Tensor, labels: Tensor, _frames: Tensor) -> Tensor:
    """Of the logits against the labels."""
    return functional.cross_entropy(outputs.flatten(1), labels)


def nothing(_done: float, _loss: float) -> None:
    """A progress that nobody watches."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long, how fast. One learning-rate cycle: up for three tenths of the steps, down to zero for the rest."""

    epochs: int
    learning_rate: float = 1e-3
    batch: int = 128
    weight_decay: float = 0.0
    seed: int = 0
    distortion: Distortion = field(default_factory=Distortion)
    precision: Precision = FULL

    def steps(self, examples: int) -> int:
        """Updates in all."""
        return self.epochs * -(-examples // self.batch)


def make_deterministic() -> None:
    """One thread and deterministic kernels: the same weights on every run of the same version."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)


def fit(
    net: Network,
    examples: Examples,
    schedule: Schedule,
    *,
    loss: Loss = cross_entropy,
    before_step: Callable[[float], None] = lambda _done: None,
    progress: Progress = nothing,
) -> None:
    """Train ``net`` in place with AdamW.

    ``before_step`` is told the share done before each update (a gradual pruning moves its masks there). On several
    processes (:mod:`hwgen.compress.train.distributed`) all draw the same batches and come to the same weights, which
    equal those of one process to rounding.
    """
    make_deterministic()
    generator = torch.Generator().manual_seed(schedule.seed)
    parameters = [p for p in net.parameters() if p.requires_grad]
    # Fused: small networks spend half their time in the optimiser otherwise.
    optimiser = torch.optim.AdamW(parameters, lr=schedule.learning_rate, weight_decay=schedule.weight_decay, fused=True)
    total = schedule.steps(len(examples))
    rates = torch.optim.lr_scheduler.OneCycleLR(optimiser, schedule.learning_rate, total_steps=max(total, 2))
    scaler = schedule.precision.scaler()
    done, running = 0, 0.0
    net.train()
    for _ in range(schedule.epochs):
        for batch in examples.batches(schedule.batch, generator):
            before_step(done / total)
            frames, labels = examples.frames[batch], examples.labels[batch]
            if schedule.distortion.active:
                frames = schedule.distortion(frames, generator)
            optimiser.zero_grad()
            whole = len(frames)
            frames, labels = current.part(frames, labels)
            value = torch.zeros(())
            if len(frames):
                with schedule.precision.autocast():
                    value = loss(net(frames), labels, frames) * (len(frames) / whole)
                scaler.scale(value).backward()
            current.reduce(net.split_parameters(), parameters)
            scaler.unscale_(optimiser)
            scaler.step(optimiser)
            scaler.update()
            rates.step()
            done += 1
            running += (value.item() - running) / min(done, 100)
            progress(done / total, running)
    net.eval()


def accuracy(net: nn.Module, examples: Examples, batch: int = 1000) -> float:
    """Share of the examples whose greatest output is their label's."""
    net.eval()
    with torch.no_grad():
        right = sum(
            int((net(frames).flatten(1).argmax(1) == labels).sum())
            for frames, labels in zip(examples.frames.split(batch), examples.labels.split(batch), strict=True)
        )
    return right / len(examples)
