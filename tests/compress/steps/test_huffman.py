"""The step huffman."""

from __future__ import annotations

import pytest

from hwgen.compress.sizes import model_sizes
from hwgen.compress.steps import huffman
from hwgen.compress.steps.huffman import HuffmanStep
from hwgen.compress.steps.prune import PruneStep
from hwgen.compress.steps.share import ShareStep
from hwgen.errors import CheckFailedError, UsageError
from tests.compress.networks import mlp
from tests.compress.steps.contexts import context


def small():
    model = mlp(30, 20, 3)
    data = context(model)
    return ShareStep(bits=3).run(PruneStep(density=0.3).run(model, data).model, data).model, data


def test_the_table_and_the_bits() -> None:
    model, data = small()
    outcome = HuffmanStep(index_bits=4).run(model, data)
    assert outcome.model is model
    rows = outcome.tables["sizes"]
    assert [row["layer"] for row in rows] == ["fc1", "fc2", "total"]
    assert rows[0]["index_bits"] == 4
    assert outcome.bits == {"fc1": rows[0]["bits_huffman"], "fc2": rows[1]["bits_huffman"]}
    assert HuffmanStep().run(model, data).bits == {row.name: row.huffman_bits for row in model_sizes(model)}


def test_a_decoder_that_loses_a_symbol_fails_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    model, data = small()
    monkeypatch.setattr(huffman, "decode", lambda packed, code, size: make_wrong(packed, code, size))
    with pytest.raises(CheckFailedError, match="'fc1': a symbol does not come back"):
        HuffmanStep().run(model, data)


def make_wrong(packed, code, size):
    from hwgen.compress.huffman import decode

    found = decode(packed, code, size)
    found[-1] += 1
    return found


def test_wrong_keys_are_said() -> None:
    with pytest.raises(UsageError, match="key 'index_bits'"):
        HuffmanStep(index_bits=17)
