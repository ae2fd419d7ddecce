"""The step ``huffman``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hwgen.compress.huffman import decode, encode, make_code
from hwgen.compress.sizes import LayerSize, entries_of, model_sizes, total
from hwgen.compress.steps.base import Context, Outcome, Step, check_range
from hwgen.compress.weighted import weighted_layers
from hwgen.errors import CheckFailedError
from hwgen.model import Model


@dataclass(frozen=True, kw_only=True)
class HuffmanStep(Step):
    """The size in Deep Compression's file: shared weights and relative indices in Huffman codes.

    ``index_bits``: of the relative index in all layers (the paper: 5, or 4); 0: what is smallest for each. The model
    stays as it is; every stream is coded and decoded again, and the step fails if a symbol does not come back.
    """

    name: ClassVar[str] = "huffman"
    index_bits: int = 0

    def __post_init__(self) -> None:
        check_range(self.index_bits, 0, 16, "index_bits")

    def run(self, model: Model, context: Context) -> Outcome:
        rows = model_sizes(model, self.index_bits or None)
        layers = weighted_layers(model)
        for index, row in enumerate(rows):
            context.progress(f"huffman: {row.name}", index / len(rows))
            for stream in entries_of(layers[row.name], row.index_bits):
                code = make_code(stream)
                if not np.array_equal(decode(encode(stream, code), code, stream.size), stream):
                    raise CheckFailedError("a symbol does not come back from its Huffman code", layer=row.name)
        table = [columns(row) for row in (*rows, total(rows))]
        return Outcome(model=model, bits={row.name: row.huffman_bits for row in rows}, tables={"sizes": table})


def columns(row: LayerSize) -> dict[str, object]:
    """A row in the columns of the paper's tables 2 to 5."""
    return {
        "layer": row.name,
        "weights": row.weights,
        "kept_percent": 100 * row.kept / row.weights,
        "weight_bits": row.weight_bits,
        "weight_bits_huffman": row.weight_bits_huffman,
        "index_bits": row.index_bits,
        "index_bits_huffman": row.index_bits_huffman,
        "float_bits": row.float_bits,
        "bits": row.bits,
        "bits_huffman": row.huffman_bits,
        "percent": 100 * row.bits / row.float_bits,
        "percent_huffman": 100 * row.huffman_bits / row.float_bits,
    }
