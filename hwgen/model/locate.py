"""An error learns where it stands on its way up: a check knows the key, its caller the layer, the reader the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hwgen.errors import ModelError


@contextmanager
def located(*, file: str | None = None, layer: str | None = None) -> Iterator[None]:
    """Add ``file`` and ``layer`` to a :class:`ModelError` that does not say them yet."""
    try:
        yield
    except ModelError as error:
        raise ModelError(
            error.what, file=error.file or file, layer=error.layer or layer, key=error.key, hint=error.hint
        ) from None
