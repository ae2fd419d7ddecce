"""What the pruned encodings share: their stored weights are plain values or codes of a codebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from hwgen.errors import ModelError
from hwgen.model.encodings.base import Weights
from hwgen.model.encodings.checks import (
    check_array,
    check_bits,
    check_codebook_form,
    check_codes,
    check_fits,
    integer_dtypes,
)
from hwgen.model.encodings.expansion import Integers, code_bits_of, encode, make_codebook, to_storage


class Storage(TypedDict, total=False):
    """The fields of :class:`CodedWeights` that one form sets."""

    values: Integers
    codes: NDArray[np.uint8]
    codebook: Integers
    code_bits: int


def store(stored: NDArray[np.int16], bits: int, codebook: Integers | None, code_bits: int | None) -> Storage:
    """``stored`` as values, or as codes where a codebook or a number of code bits is given."""
    if codebook is None and code_bits is None:
        return {"values": to_storage(stored, bits)}
    if codebook is None:
        codebook = make_codebook(stored, bits, code_bits)
    codebook = to_storage(codebook, bits)
    return {"codes": encode(stored, codebook), "codebook": codebook, "code_bits": code_bits_of(codebook)}


@dataclass(frozen=True, kw_only=True, eq=False)
class CodedWeights(Weights):
    """``values``, or ``codes`` (uint8) with ``codebook`` and ``code_bits``: one of both forms."""

    values: Integers | None = None
    codes: NDArray[np.uint8] | None = None
    codebook: Integers | None = None
    code_bits: int | None = None

    def stored(self) -> NDArray[np.int16]:
        """The decoded weights in stored order: non-zeros (sparse) or slots (nm)."""
        if self.values is not None:
            return self.values.astype(np.int16)
        codes, codebook = self._coded()
        return codebook.astype(np.int16)[codes]

    def _coded(self) -> tuple[NDArray[np.uint8], Integers]:
        """Codes and codebook of weights that have no values."""
        assert self.codes is not None
        assert self.codebook is not None
        return self.codes, self.codebook

    def check_stored_form(self, shape: tuple[int, ...]) -> None:
        """The stored weights have ``shape`` and stand in exactly one form."""
        check_bits(self.bits)
        coded = [key for key in ("codes", "codebook", "code_bits") if getattr(self, key) is not None]
        if (self.values is None) == (not coded):
            found = "both" if coded else "neither"
            raise ModelError(f"needs values or codes, has {found}", key="weights", hint="name one of them")
        if self.values is not None:
            check_array(self.values, "values", integer_dtypes(self.bits), shape=shape)
            return
        for key in ("codes", "codebook", "code_bits"):
            if key not in coded:
                raise ModelError("is missing", key=f"weights.{key}", hint="codes need codebook and code_bits")
        check_codebook_form(self.codebook, self.code_bits, self.bits)
        check_array(self.codes, "codes", (np.uint8,), shape=shape)

    def check_stored_values(self) -> None:
        """The stored weights fit ``bits``, codes lie in the codebook."""
        if self.values is not None:
            check_fits(self.values, "values", self.bits)
            return
        codes, codebook = self._coded()
        check_fits(codebook, "codebook", self.bits)
        check_codes(codes, codebook)
