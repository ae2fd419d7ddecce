"""Distorted images."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")

from hwgen.compress.train.distort import Distortion


def generator(seed: int = 0):
    return torch.Generator().manual_seed(seed)


def test_nothing_is_the_same_image() -> None:
    images = torch.rand(5, 2, 6, 7, generator=generator())
    assert not Distortion().active
    assert torch.allclose(Distortion()(images, generator()), images, atol=1e-5)


def test_a_mirror_is_exact() -> None:
    images = torch.rand(5, 1, 6, 7, generator=generator())
    assert torch.allclose(Distortion(mirror=1.0)(images, generator()), images.flip(3), atol=1e-5)


def test_each_image_is_moved_by_itself_and_within_the_limit() -> None:
    dot = torch.zeros(64, 1, 21, 21)
    dot[:, 0, 10, 10] = 1
    moved = Distortion(shift=0.1)(dot, generator())
    columns = (moved.sum(2) * torch.arange(21)).sum((1, 2)) / moved.sum((1, 2, 3))
    offsets = columns - 10
    assert offsets.abs().max() <= 2.1 + 1e-3
    assert offsets.std() > 0.5


def test_flat_frames_are_seen_as_images() -> None:
    images = torch.rand(3, 1, 4, 4, generator=generator())
    flat = Distortion(turn=0.3, image=(1, 4, 4))(images.flatten(1), generator(1))
    assert torch.equal(flat, Distortion(turn=0.3)(images, generator(1)).flatten(1))
