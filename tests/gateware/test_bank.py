from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.gateware.bank import bank_rows
from hwgen.plan import latency
from hwgen.plan.fields import FieldLayout
from hwgen.plan.images import MemoryImage
from tests.gateware.bench import pack, shape_of, trace, unpack
from tests.gateware.parts import Reader

LANES = st.sampled_from([1, 2, 4, 8, 16])


@settings(max_examples=15)
@given(lanes=LANES, words=st.integers(4, 41), act_bits=st.sampled_from([8, 16]), seed=st.integers(0, 1 << 20))
def test_any_alignment_is_read_in_every_cycle_while_elements_are_written(
    lanes: int, words: int, act_bits: int, seed: int
) -> None:
    """Whole memory written element by element, then random unaligned vectors, with writes elsewhere going on.

    Now and then the bank is not the one that the broadcast takes: it gives zeros.
    """
    rng = np.random.default_rng(seed)
    size = words * lanes
    bits = max(1, (size - 1).bit_length())
    shape = shape_of(
        lanes=lanes, bank_words=words, address_bits=bits, act_bits=act_bits, has_padding=False, unaligned=True,
        tap_fields=FieldLayout((("offset", bits),)),
    )  # fmt: skip
    # a tap's offset may be negative, modulo the address space
    offsets = rng.integers(-size, size, 8).tolist()
    component = Reader(shape=shape, taps=MemoryImage("taps", bits, [offset % (1 << bits) for offset in offsets]))
    content = rng.integers(-(1 << (act_bits - 1)), 1 << (act_bits - 1), size)
    rows = [{"wen": 1, "element": e, "wdata": pack([content[e]], act_bits)} for e in range(size)]
    rows.append({"wen": 0})
    spare = size // 2 // lanes * lanes  # elements below are rewritten, elements above are read
    due: dict[int, list[int]] = {}
    for _ in range(60):
        first = int(rng.integers(spare, size - lanes + 1))
        tap = int(rng.integers(8))
        due[len(rows) + latency.ISSUE + latency.bank(lanes)] = content[first : first + lanes].tolist()
        write = {"wen": int(spare > 0), "element": int(rng.integers(max(1, spare))), "wdata": int(rng.integers(256))}
        rows.append({"address": (first - offsets[tap]) % (1 << bits), "tap": tap} | write)
    rows += [{"wen": 0} for _ in range(latency.ISSUE + latency.bank(lanes) + 1)]
    for cycle in due:
        selected = int(rng.integers(4) > 0)
        rows[cycle - 1]["selected"] = selected
        due[cycle] = [selected * element for element in due[cycle]]
    vectors = [row["vector"] for row in trace(component, rows, ["vector"])]
    for cycle, expected in due.items():
        assert unpack(vectors[cycle], act_bits, lanes) == expected


@given(lanes=st.sampled_from([2, 4, 8]), words=st.integers(4, 200))
def test_even_and_odd_words_share_the_bank(lanes: int, words: int) -> None:
    rows = bank_rows(shape_of(lanes=lanes, bank_words=words))
    assert words <= 2 * rows <= words + 1
    assert bank_rows(shape_of(lanes=1, bank_words=words)) == words


@settings(max_examples=6)
@given(lanes=st.sampled_from([1, 2, 8]), seed=st.integers(0, 1 << 20))
def test_aligned_cores_read_aligned_words(lanes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    words, bits = 9, (9 * lanes - 1).bit_length()
    shape = shape_of(
        lanes=lanes, bank_words=words, address_bits=bits, has_padding=False, unaligned=False,
        tap_fields=FieldLayout((("offset", bits),)),
    )  # fmt: skip
    component = Reader(shape=shape, taps=MemoryImage("taps", bits, [0, 0]))
    content = rng.integers(-128, 128, words * lanes)
    rows = [{"wen": 1, "element": e, "wdata": pack([content[e]], 8)} for e in range(words * lanes)] + [{"wen": 0}]
    order = rng.permutation(words).tolist()
    start = len(rows)
    rows += [{"address": word * lanes} for word in order] + [{}] * 20
    vectors = trace(component, rows, ["vector"])
    for index, word in enumerate(order):
        found = vectors[start + index + latency.ISSUE + latency.bank(lanes)]["vector"]
        assert unpack(found, 8, lanes) == content[word * lanes : (word + 1) * lanes].tolist()
