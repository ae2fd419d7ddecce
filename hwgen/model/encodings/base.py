"""What every weight encoding has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Weights(ABC):
    """``bits`` is the width of a decoded weight, signed, without a zero point.

    ``shape`` is that of the decoded weights: (out, in/groups, kh, kw) or (out, in).

    The fields of a subclass are the keys of its JSON object. ``array_keys`` are those that name an archive member, in
    the order in which they are written; the others are integers, except ``shape``, a list of integers. A field with
    a default may be absent.
    """

    encoding: ClassVar[str]
    array_keys: ClassVar[tuple[str, ...]]
    bits: int

    if TYPE_CHECKING:
        # A property here would become the default of those subclasses in which ``shape`` is a field.
        @property
        def shape(self) -> tuple[int, ...]:
            """Shape of the decoded weights."""

    @abstractmethod
    def decode(self) -> NDArray[np.int16]:
        """The decoded weights, C order (float weights: float32)."""

    @abstractmethod
    def check_form(self) -> None:
        """Refuse wrong dtypes, shapes and numbers without looking into an array.

        Raises
        ------
        ModelError
            With ``key`` set; the caller adds the layer and the file.
        """

    @abstractmethod
    def check_values(self) -> None:
        """Refuse wrong contents; :meth:`check_form` has passed. Raises as it does."""

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """The arrays that are present, by key, in file order."""
        present = ((key, getattr(self, key)) for key in self.array_keys)
        return {key: array for key, array in present if array is not None}
