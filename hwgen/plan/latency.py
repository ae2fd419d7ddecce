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

DRAIN_LEAD = COPY
"""So much earlier than the values' latencies count from do the drain's counters run: copies for groups of PEs."""

TILE_RELAY = 1
"""Registers more on the way of the output transforms' controls, which is as long as the device."""

RELAY = 4
"""Most copies in a row of what stands still during a step, from group to group of PEs."""
LIMITS = 1 + RELAY + COPY
"""From a step's record to the limits of a requantiser's clamp: bounds, groups, the requantiser's own copy."""


def requantise(correction_bits: int) -> int:
    """From the drain's counter, one cycle before the head of the chain, to the stored activation.

    Parameter (meanwhile the head and the sum of lanes), multiplier, addition (two with a correction), shift, clamp.
    """
    return MEMORY + MULTIPLY_REQUANTISE + (4 if correction_bits else 3)


def broadcast(pes: int, choices: int = 1) -> int:
    """Registers in the multiplexer that picks one bank's vector: radix 4, at least one.

    With N:M layers it picks ``choices`` neighbouring banks' vectors, and each PE one of them, a register more.
    """
    groups = pes // choices
    return max(1, ceil(log(groups, 4) - 1e-9)) + (1 if choices > 1 else 0)


def decode(coding: str, choices: int = 1) -> int:
    """From the word register to the multiplier: a codebook is a memory, plain weights pass.

    With N:M layers they wait until the offset beside them has picked the vector (``PICK``).
    """
    return 0 if coding == "dense" and choices == 1 else MEMORY


def bank(lanes: int) -> int:
    """From a bank's address to its aligned vector."""
    return MEMORY + (FUNNEL if lanes > 1 else 1)


def written(lanes: int) -> int:
    """From a result at its bank to the first read that sees it: the register behind the units' selection, the word."""
    return 2 if lanes == 1 else 3


WEIGHT_FETCH = 1 + MEMORY + 1
"""From a column to its weights in the PE's word register: address, memory, register."""


def address_lead(lanes: int, decoding: int, *, sparse_tiles: bool) -> int:
    """By how much the weights' address is computed earlier, for registers between it and its copies.

    A bank of several lanes aligns its vector (``FUNNEL``) while a weight would wait, and one that passes through a
    codebook (``decoding``: cycles of ``decode``) waits less; the vectors of tiles wait so much longer, but where their
    weights are sparse they go to queues of another latency.
    """
    if lanes == 1 or sparse_tiles:
        return 0
    return 1 if decoding else 2


PICK = MEMORY
"""From a weight's offset to the vector it picks: the offset's register, the vector's."""
BUNDLE = 1
"""Sparse layers: a register behind the banks, for all their vectors and the mask of those that are not zero."""
POINTER = 4
"""From an issued column (its register) to its entry range at the queue's input: column number (1), memory (2),
selection (1)."""
QUEUE = 2
"""From a queue's input to its head: array, output register."""
FETCH_ENTRY = 1 + MEMORY + 1
"""From the head of the queue to an entry's fields: address (1), memory, selection (1)."""
ELEMENT_STAGES = 3
"""Registered stages of radix 8 that choose one bank's output."""
ELEMENT = MEMORY + ELEMENT_STAGES
"""From an address of the output buffer to the chosen bank's element."""
ORDERED = MEMORY + 1 + ELEMENT + 1 + QUEUE
"""From an element's number to its beat at the output: order, address, buffer, choice, beat, queue of beats."""


def argmax(*, ordered: bool) -> int:
    """From a score's number to the comparison's result: order, address, element, comparison."""
    return (MEMORY if ordered else 0) + 1 + ELEMENT + 1


def joined(pes: int) -> int:
    """Registered stages in which one signal of every PE becomes one: four at once need none."""
    return 0 if pes <= 4 else 1 if pes <= 32 else 2


def full(pes: int) -> int:
    """From a queue's occupancy to the scanner, which then stops: comparison, and OR over the PEs."""
    return 1 + joined(pes)


def ready(pes: int) -> int:
    """From a PE's last sum of a group to the drain: counter, and AND over the PEs."""
    return 1 + joined(pes)


def push(pes: int) -> int:
    """From an issued column to the queues' input: the vector's way (store, broadcast, zero point) or the pointer's."""
    return max(POINTER, 1 + broadcast(pes) + 1)


ROW_DRAIN = 2
"""From the strobe of a sparse row's drain to its first value at a requantiser: the PE's copy, the row's register."""
TILE_ROW_DRAIN = 1
"""From the strobe of a sparse row's drain to its capture for the output transforms, whose sums are a cycle behind."""


def fetch(coding: str) -> int:
    """From the head of the queue to the multiplier."""
    return FETCH_ENTRY + decode(coding)


def in_flight(pes: int, issue: int = 1) -> int:
    """Columns that still arrive at a queue after its occupancy has reached the limit; ``issue``: see ``tile_issue``."""
    return full(pes) + issue + push(pes) + 1


TILE_VECTOR = 1 + MEMORY + 1
"""From a column of transformed inputs, less what a codebook takes, to its vector: address (1), memory, choice (1)."""


def tile_issue(pes: int, coding: str) -> int:
    """From the walk over transformed inputs to the register with which a sparse column's way begins (the scanner's
    takes 1): as late as makes the walk's vector due where the broadcast's would be."""
    return TILE_VECTOR + decode(coding) - broadcast(pes)


def vector(pes: int, lanes: int, choices: int = 1) -> int:
    """From a column's counters to the broadcast vector at the PEs."""
    return ISSUE + bank(lanes) + broadcast(pes, choices)


def inverse_shifts(bits: int) -> tuple[int, ...]:
    """Shifts of the factors (1 - 2^3)(1 + 2^6)(1 + 2^12)... of the inverse of 9 modulo 2^bits, a register each."""
    return tuple(shift for shift in (3, 6, 12, 24) if shift < bits)


def tile_divide(acc_bits: int, *, nine: bool) -> int:
    """The exact division of a tile's results: nothing but wires where the divisor is a power of two."""
    return len(inverse_shifts(acc_bits)) if nine else 0


def tile_input(side: int, tree: int) -> int:
    """From the last element of a group's last channel to the first word that was missing in the buffer.

    Vertical transform (the tree's latency and a cycle before it), the memory that turns columns into rows (1 + 2), a
    row's elements, horizontal transform.
    """
    return (tree + 1) + 1 + MEMORY + (side - 1) + (tree + 1)


def tile_drain(side: int, size: int, values: int, tree: int, divide: int) -> int:
    """From the capture of a pass's last place to the ``value`` of its last result, a cycle before the result.

    ``values`` tiles read back (each ``side``^2 cycles, behind an address, its way to the copy and the memory),
    transform of the rows, memory, the columns' elements, transform of the columns, division.
    """
    rows = 1 + TILE_RELAY + COPY + MEMORY + values * side * side - 1 + (tree + 1)
    return rows + 1 + MEMORY + size * side - 1 + (tree + 1) + size - 1 + divide - 1
