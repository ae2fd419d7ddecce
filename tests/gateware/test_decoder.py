from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.gateware.decoder import Decoder, decoders
from hwgen.plan import latency
from hwgen.plan.fields import FieldLayout
from hwgen.plan.images import MemoryImage, pack_units
from hwgen.plan.word_columns import WordColumns
from tests.gateware.bench import shape_of, trace, unpack

REGISTER = 2
"""From ``place`` (its copy, then the column's register) to the column."""


@settings(max_examples=25)
@given(
    coding=st.sampled_from(["dense", "codebook", "mixed"]),
    lanes=st.sampled_from([1, 2, 4]),
    has_wide=st.booleans(),
    weight_bits=st.integers(2, 12),
    longer=st.sampled_from([0, 0, 1, 5]),
    code_bits=st.integers(1, 5),
    tables=st.integers(1, 3),
    choices=st.sampled_from([1, 1, 2, 4, 8]),
    seed=st.integers(0, 1 << 20),
)
def test_a_column_is_decoded_every_cycle(
    coding: str,
    lanes: int,
    has_wide: bool,
    weight_bits: int,
    longer: int,
    code_bits: int,
    tables: int,
    choices: int,
    seed: int,
) -> None:
    """Several words after each other, each of another kind that the core knows.

    Plain or coded, narrow or wide, with an offset beside each weight or without; or plain and ``longer`` than others.
    """
    plain_bits, weight_bits = weight_bits, weight_bits + longer
    rng = np.random.default_rng(seed)
    offset_bits = (choices - 1).bit_length()
    kinds = [
        (c, w, p, 0)
        for c in ((0, 1) if coding == "mixed" else (int(coding == "codebook"),))
        for w in range(1 + has_wide)
        for p in range(1 + (choices > 1))
    ]
    # A core whose sparse layers are wide or coded need not have columns of every kind.
    kinds = [kind for kind in kinds if rng.random() < 0.7] or kinds[:1]
    if longer and coding != "codebook":
        kinds.append((0, 0, 0, 1))

    def unit_bits(coded: int, long: int) -> int:
        return code_bits if coded else weight_bits if long else plain_bits

    def column_bits(coded: int, wide: int, picks: int, long: int) -> int:
        return (unit_bits(coded, long) + picks * offset_bits) * (lanes if wide else 1)

    units = sorted({column_bits(*kind) for kind in kinds if not kind[3]})
    word_bits = max(column_bits(*kind) for kind in kinds)
    count = word_bits // weight_bits if longer and coding != "codebook" else 0
    fields = FieldLayout((("table", 2),))
    # One kind may be alone in its words.
    alone = units[int(rng.integers(len(units)))]
    kept = {(bits, 1 if bits == alone else word_bits // bits) for bits in units}
    kept |= {(plain_bits, count)} if count else set()
    places = WordColumns(
        word_bits, tuple(sorted(kept)), long=count, high_bits=longer if count else 0, high_at=count * plain_bits
    )
    changes: dict[str, Any] = {
        "coding": coding,
        "has_wide": has_wide,
        "weight_bits": weight_bits,
        "plain_bits": plain_bits,
        "code_bits": code_bits,
        "choices": choices,
    }
    shape = shape_of(
        lanes=lanes, weight_word_bits=word_bits, word_columns=places, read_fields=fields, loadable=False, **changes
    )
    book = rng.integers(-(1 << (weight_bits - 1)), 1 << (weight_bits - 1), (tables, 1 << code_bits))
    image = MemoryImage("codebook", weight_bits, [int(v) % (1 << weight_bits) for v in book.reshape(-1)])
    component = Decoder(shape=shape, codebook=None if coding == "dense" else image)
    assert decoders(shape) == (lanes if has_wide else 1)
    due = REGISTER + latency.decode(coding, choices)
    outputs = ["weights"] if choices == 1 else ["weights", "offsets"]
    rows: list[dict[str, int]] = []
    expected: list[tuple[int, list[int], list[int]]] = []
    for _ in range(12):
        coded, wide, picks, long = kinds[int(rng.integers(len(kinds)))]
        bits = unit_bits(coded, long)
        step = column_bits(coded, wide, picks, long)
        columns = count if long else dict(sorted(kept))[step]
        values = rng.integers(0, 1 << bits, (columns, lanes if wide else 1))
        offsets = rng.integers(0, choices, values.shape) * picks
        word = 0
        for column in range(columns):
            (stored,) = pack_units(values[column : column + 1], bits, step)
            (beside,) = pack_units(offsets[column : column + 1], offset_bits, step) if picks else (0,)
            if long:
                low = stored & ((1 << plain_bits) - 1)
                word |= low << column * plain_bits | stored >> plain_bits << places.high_at + column * longer
                continue
            word |= (stored | beside << bits * values.shape[1]) << column * step
        table = int(rng.integers(tables))
        controls = {"wide": int(wide), "coded": int(coded), "table": table}
        if choices > 1:
            controls["picks"] = picks
        if longer:
            controls["long"] = long
        # the step's controls stand while its columns pass; the word is there one cycle behind its first place
        rows += [controls] * due
        begin = len(rows)
        for column in range(columns):
            place = places.places.index(column * places.step(plain_bits if long else step) if column else 0)
            rows.append({"place": 1 << place} | ({"word": word} if column == 1 else {}))
        rows.append({"word": word})
        rows += [{}] * due
        for column in range(columns):
            if coded:
                weights = [int(book[table, code]) for code in values[column]]
            else:
                weights = [int(v) - (1 << bits if v >> (bits - 1) else 0) for v in values[column]]
            beside_weights = offsets[column].tolist() * (1 if wide else decoders(shape))
            expected.append((begin + due + column, weights if wide else weights * lanes, beside_weights))
    found = trace(component, rows, outputs)
    for cycle, weights, beside_weights in expected:
        assert unpack(found[cycle]["weights"], weight_bits, lanes) == weights
        if choices > 1:
            # the vector is picked while the weight is decoded
            word = found[cycle - latency.decode(coding, choices)]["offsets"]
            assert [word >> index * offset_bits & (choices - 1) for index in range(decoders(shape))] == beside_weights


def test_a_loadable_codebook_is_written_through_its_port() -> None:
    fields = FieldLayout((("table", 1),))
    shape = shape_of(
        lanes=1, coding="codebook", has_wide=False, weight_bits=6, code_bits=2, weight_word_bits=4,
        word_columns=WordColumns(4, ((2, 2),)), read_fields=fields, loadable=True,
    )  # fmt: skip
    component = Decoder(shape=shape, codebook=MemoryImage("codebook", 6, [0] * 8))
    values = [5, -3, 31, -32, 7, 0, -1, 2]
    rows: list[dict[str, int]] = [{"wen": 1, "waddr": a, "wdata": v % 64} for a, v in enumerate(values)]
    rows += [{"wen": 0, "table": 1, "coded": 1, "place": 1}, {"place": 2, "word": 0b0111}] + [{}] * 6
    found = [row["weights"] for row in trace(component, rows, ["weights"])]
    first = len(values) + REGISTER + latency.MEMORY
    assert [unpack(word, 6, 1) for word in found[first : first + 2]] == [[values[4 + 3]], [values[4 + 1]]]
