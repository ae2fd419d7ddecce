"""Shared weights: every weight is the code of a codebook entry (Han et al., Deep Compression, ICLR 2016, section 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwgen.model.encodings.base import Weights
from hwgen.model.encodings.checks import (
    check_array,
    check_bits,
    check_codebook_form,
    check_codes,
    check_fits,
    check_weight_shape,
)
from hwgen.model.encodings.expansion import Integers, code_bits_of, encode, integer_weights, make_codebook


@dataclass(frozen=True, kw_only=True, eq=False)
class CodebookWeights(Weights):
    """``codes``: uint8 in the weights' shape; ``codebook``: 2^code_bits integers of ``bits``; code_bits 1..8."""

    encoding: ClassVar[str] = "codebook"
    array_keys: ClassVar[tuple[str, ...]] = ("codes", "codebook")
    codes: NDArray[np.uint8]
    codebook: Integers
    code_bits: int

    @classmethod
    def from_dense(cls, array: ArrayLike, bits: int = 8, code_bits: int | None = None) -> CodebookWeights:
        """Store ``array``, which has at most 2^code_bits distinct elements (None: as few code bits as hold them)."""
        weights = integer_weights(array, bits)
        codebook = make_codebook(weights, bits, code_bits)
        return cls(bits=bits, codes=encode(weights, codebook), codebook=codebook, code_bits=code_bits_of(codebook))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.codes.shape

    def decode(self) -> NDArray[np.int16]:
        return self.codebook.astype(np.int16)[self.codes]

    def check_form(self) -> None:
        check_bits(self.bits)
        check_array(self.codes, "codes", (np.uint8,), ndim=(2, 4))
        check_weight_shape(self.shape, "codes")
        check_codebook_form(self.codebook, self.code_bits, self.bits)

    def check_values(self) -> None:
        check_fits(self.codebook, "codebook", self.bits)
        check_codes(self.codes, self.codebook)
