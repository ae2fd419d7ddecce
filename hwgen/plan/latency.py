"""Pipeline depths in cycles: the gateware is built to these numbers and the cycle model adds them up."""

from __future__ import annotations

from math import ceil, log

MEMORY = 2
"""A memory: array, output register."""
MULTIPLY_LANES = 3
"""The lanes' multipliers: operands, product, and a register beside the accumulator (the multiplier may be far away)."""
MULTIPLY_REQUANTISE = 3
"""The requantiser's multiplier: operands, pipeline, product."""
ISSUE = 4
"""From a column's counters to the bank's address: tap table (2), element address, row addresses and masks."""
FUNNEL = 2
"""Alignment of a bank's vector: swap and coarse rotation, fine rotation and mask."""
ACCUMULATE = 1
COPY = 1
"""A register beside its users, of a signal that many need."""


def requantise(correction_bits: int) -> int:
    """From the drain's counter, one cycle before the head of the chain, to the stored activation.

    Parameter (meanwhile the head and the sum of lanes), multiplier, addition (two with a correction), shift, clamp.
    """
    return MEMORY + MULTIPLY_REQUANTISE + (4 if correction_bits else 3)


def broadcast(pes: int) -> int:
    """Registers in the multiplexer that picks one bank's vector: radix 4, at least one."""
    return max(1, ceil(log(pes, 4) - 1e-9)) if pes > 1 else 1


def decode(coding: str) -> int:
    """From the word register to the multiplier: a codebook is a memory, plain weights pass."""
    return 0 if coding == "dense" else MEMORY


def bank(lanes: int) -> int:
    """From a bank's address to its aligned vector."""
    return MEMORY + (FUNNEL if lanes > 1 else 1)


WEIGHT_FETCH = 1 + MEMORY + 1
"""From a column to its weights in the PE's word register: address, memory, register."""


BUNDLE = 1
"""Sparse layers: a register behind the banks, for all their vectors and the mask of those that are not zero."""
POINTER = 5
"""From an issued column (its register) to its entry range at the queue's input: column number (1), memory (2),
selection (1), start and count (1)."""
QUEUE = 2
"""From a queue's input to its head: array, output register."""
FETCH_ENTRY = 1 + MEMORY + 1
"""From the head of the queue to an entry's fields: address (1), memory, selection (1)."""
FULL = 3
"""From a queue's occupancy to the scanner, which then stops: comparison, and two stages of OR over the PEs."""
READY = 3
"""From a PE's last sum of a group to the drain: counter, and two stages of AND over the PEs."""


ORDERED_STAGES = 3
"""Registered stages of radix 8 that choose one bank's output."""
ORDERED = 2 * MEMORY + 1 + ORDERED_STAGES + 1 + QUEUE
"""From an element's number to its beat at the output: order, address, buffer, choice, beat, queue of beats."""


def push(pes: int) -> int:
    """From an issued column to the queues' input: the vector's way (store, broadcast, zero point) or the pointer's."""
    return max(POINTER, 1 + broadcast(pes) + 1)


def fetch(coding: str) -> int:
    """From the head of the queue to the multiplier."""
    return FETCH_ENTRY + decode(coding)


def in_flight(pes: int) -> int:
    """Columns that still arrive at a queue after its occupancy has reached the limit."""
    return FULL + 1 + push(pes) + 1


def vector(pes: int, lanes: int) -> int:
    """From a column's counters to the broadcast vector at the PEs."""
    return ISSUE + bank(lanes) + broadcast(pes)
