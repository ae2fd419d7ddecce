"""What the recipes share: training, pruning and weight sharing of small PyTorch networks. Deterministic on a CPU."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrize

BATCH = 64
ROTATION, SCALING, SHIFT = (
    0.2,
    0.1,
    0.15,
)  # radians, relative, half images: chosen on a validation split of the training set


def make_deterministic() -> None:
    """One thread and deterministic kernels: the same weights on every run."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)


def train(
    net: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    epochs: int,
    learning_rate: float,
    seed: int,
    after_step: Callable[[], None] = lambda: None,
) -> None:
    """AdamW, one learning-rate cycle, cross entropy on randomly rotated, sheared, scaled and shifted images.

    ``images`` are (n, 1, H, W); ``after_step`` runs after each update (masks are applied again there).
    """
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(net.parameters(), lr=learning_rate, weight_decay=0.01)
    steps = epochs * -(-len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=steps)
    for _ in range(epochs):
        for batch in torch.randperm(len(images), generator=generator).split(BATCH):
            loss = functional.cross_entropy(net(_distorted(images[batch], generator)), labels[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            after_step()
            schedule.step()


def accuracy(net: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Per cent of the images that the float network classifies rightly."""
    with torch.no_grad():
        return 100.0 * (net(images).argmax(1) == labels).double().mean().item()


def weighted_layers(net: nn.Module) -> dict[str, nn.Conv2d | nn.Linear]:
    """The convolutions and fully connected layers by name, in order."""
    return {name: m for name, m in net.named_modules() if isinstance(m, nn.Conv2d | nn.Linear)}


def prune(net: nn.Module, density: dict[str, float]) -> Callable[[], None]:
    """Zero the smallest weights of each named layer, keeping the share ``density``.

    Returns the function that zeroes them again, for :func:`train`'s ``after_step``.
    """
    masks: dict[str, Tensor] = {}
    layers = weighted_layers(net)
    for name, share in density.items():
        magnitude = layers[name].weight.detach().abs().flatten()
        kept = torch.argsort(magnitude, descending=True, stable=True)[: round(share * magnitude.numel())]
        mask = torch.zeros_like(magnitude).index_fill(0, kept, 1.0)
        masks[name] = mask.reshape(layers[name].weight.shape)

    def apply_masks() -> None:
        with torch.no_grad():
            for name, mask in masks.items():
                layers[name].weight.mul_(mask)

    apply_masks()
    return apply_masks


class SharedWeights(nn.Module):
    """Parametrisation weight = (0, *centroids)[codes]: a gradient of a centroid sums those of its weights."""

    codes: Tensor

    def __init__(self, weight: Tensor, entries: int, seed: int) -> None:
        super().__init__()
        values = weight.detach().numpy().astype(np.float64)
        kept = values[values != 0].reshape(-1, 1)
        start = np.linspace(kept.min(), kept.max(), entries - 1).reshape(-1, 1)  # linear start: Han et al., section 3.2
        means = KMeans(entries - 1, init=start, n_init=1, random_state=seed).fit(kept)
        codes = np.zeros(values.shape, np.int64)
        codes[values != 0] = 1 + means.labels_
        self.register_buffer("codes", torch.from_numpy(codes))
        self._start = torch.from_numpy(means.cluster_centers_[:, 0].astype(np.float32))

    def forward(self, centroids: Tensor) -> Tensor:
        return torch.cat([torch.zeros(1), centroids])[self.codes]

    def right_inverse(self, _weight: Tensor) -> Tensor:
        return self._start


def share(net: nn.Module, entries: int, seed: int) -> None:
    """Replace every layer's weights by ``entries`` shared values, entry 0 being 0; k-means over the non-zero ones.

    Deep Compression (Han et al., ICLR 2016), section 3. Training the network afterwards moves the centroids.
    """
    for layer in weighted_layers(net).values():
        parametrize.register_parametrization(layer, "weight", SharedWeights(layer.weight, entries, seed))


def shared(layer: nn.Module) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Codes and float codebook of a layer that :func:`share` has treated."""
    parametrisation = layer.parametrizations.weight
    centroids = parametrisation.original.detach().numpy().astype(np.float64)
    return parametrisation[0].codes.numpy().astype(np.uint8), np.concatenate([[0.0], centroids])


def _distorted(images: Tensor, generator: torch.Generator) -> Tensor:
    n = len(images)

    def uniform(*shape: int) -> Tensor:
        return torch.rand(n, *shape, generator=generator) * 2 - 1

    angle, scale = uniform() * ROTATION, 1 + uniform(2) * SCALING
    matrix = torch.zeros(n, 2, 3)
    matrix[:, 0, 0] = torch.cos(angle) * scale[:, 0]
    matrix[:, 0, 1] = -torch.sin(angle) * scale[:, 0] + uniform() * ROTATION
    matrix[:, 1, 0] = torch.sin(angle) * scale[:, 1]
    matrix[:, 1, 1] = torch.cos(angle) * scale[:, 1]
    matrix[:, :, 2] = uniform(2) * SHIFT
    grid = functional.affine_grid(matrix, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False)
