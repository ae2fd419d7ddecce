"""How many bits a range of integers needs."""

from __future__ import annotations


def signed_bits(lo: int, hi: int) -> int:
    """Bits of the smallest two's complement number that holds every integer in lo..hi (at least 1)."""
    if lo > hi:
        raise ValueError(f"lo must be at most hi, not {lo} > {hi}")
    return 1 + max(_magnitude_bits(lo), _magnitude_bits(hi))


def unsigned_bits(hi: int) -> int:
    """Bits of the smallest unsigned number that holds every integer in 0..hi (at least 1)."""
    if hi < 0:
        raise ValueError(f"hi must be at least 0, not {hi}")
    return max(1, hi.bit_length())


def _magnitude_bits(value: int) -> int:
    return (value if value >= 0 else ~value).bit_length()
