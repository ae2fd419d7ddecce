from __future__ import annotations

import numpy as np
import pytest
from amaranth.back import rtlil
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.gateware.cells import VerilogCells
from hwgen.gateware.lut_mul import LutMul
from hwgen.plan import latency
from tests.gateware.bench import trace


def products(a_bits: int, b_bits: int, pairs: list[tuple[int, int]]) -> list[int]:
    """A pair a cycle."""
    cycles = latency.MULTIPLY_REQUANTISE
    rows = [{"a": a, "b": b} for a, b in pairs] + [{}] * cycles
    return [row["p"] + row["q"] for row in trace(LutMul(a_bits=a_bits, b_bits=b_bits), rows, ["p", "q"])[cycles:]]


@settings(max_examples=20)
@given(a_bits=st.integers(2, 40), b_bits=st.integers(1, 33), seed=st.integers(0, 1 << 20))
def test_a_product_a_cycle_is_exact(a_bits: int, b_bits: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    least, most = -(1 << (a_bits - 1)), (1 << b_bits) - 1
    pairs = [(int(rng.integers(least, -least)), int(rng.integers(most + 1))) for _ in range(20)]
    pairs += [(least, most), (-least - 1, most), (-1, most), (least, 0), (least, 1)]
    assert products(a_bits, b_bits, pairs) == [a * b for a, b in pairs]


@pytest.mark.parametrize(("a_bits", "b_bits"), [(2, 1), (3, 2), (4, 5), (2, 7)])
def test_every_product_of_short_operands(a_bits: int, b_bits: int) -> None:
    half = 1 << (a_bits - 1)
    pairs = [(a, b) for a in range(-half, half) for b in range(1 << b_bits)]
    assert products(a_bits, b_bits, pairs) == [a * b for a, b in pairs]


def test_synthesis_finds_no_multiplication_in_it() -> None:
    text = rtlil.convert(LutMul(a_bits=23, b_bits=24), platform=VerilogCells())
    assert "cell $add " in text
    assert "$mul" not in text
    assert "hwgen_mul" not in text
