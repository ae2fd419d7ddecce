"""Mixed precision."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")

from hwgen.compress.train.precision import FULL, Precision


@pytest.mark.parametrize(("name", "dtype"), [("bf16", torch.bfloat16), ("fp16", torch.float16)])
def test_products_are_of_16_bits(name: str, dtype: object) -> None:
    with Precision(name).autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype
    with FULL.autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


def test_only_fp16_scales_its_loss() -> None:
    assert Precision("fp16").scaler().scale(torch.ones(())) > 1
    assert Precision("bf16").scaler().scale(torch.ones(())) == 1
    assert FULL.scaler().scale(torch.ones(())) == 1


def test_a_gradient_that_overflows_leaves_the_step_out() -> None:
    weight = torch.nn.Parameter(torch.ones(3))
    optimiser = torch.optim.SGD([weight], lr=1.0)
    scaler = Precision("fp16").scaler()
    scale = scaler.get_scale()
    scaler.scale((weight * float("inf")).sum()).backward()
    scaler.unscale_(optimiser)
    scaler.step(optimiser)
    scaler.update()
    assert torch.equal(weight, torch.ones(3))
    assert scaler.get_scale() < scale
