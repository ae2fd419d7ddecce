"""Two's complement in another width: the elements of a vector, one beside another."""

from __future__ import annotations

from amaranth.hdl import Cat, Value


def widened(vector: Value, lanes: int, bits: int) -> Value:
    """The vector with its elements in so many bits, two's complement."""
    own = len(vector) // lanes
    if own == bits:
        return vector
    elements = [vector.word_select(lane, own) for lane in range(lanes)]
    return Cat(Cat(element, element[-1].replicate(bits - own)) for element in elements)


def fitted(vector: Value, lanes: int, bits: int) -> Value:
    """The vector's elements in so many bits, two's complement, what is above them cut off."""
    own = len(vector) // lanes
    if own > bits:
        return Cat(vector.word_select(lane, own)[:bits] for lane in range(lanes))
    return widened(vector, lanes, bits)
