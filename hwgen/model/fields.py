"""One JSON object of a model file: typed access to its keys, unknown and missing keys refused."""

from __future__ import annotations

from math import isfinite

from hwgen.errors import ModelError
from hwgen.model.values import describe, is_int


class Fields:
    """The keys of ``value``. Each getter takes a key once; :meth:`done` refuses what was not taken.

    ``path`` stands before every key in errors: "output." or "layers[3].".
    """

    def __init__(self, value: object, path: str = "") -> None:
        if not isinstance(value, dict):
            raise ModelError(f"must be a JSON object, not {describe(value)}", key=path.rstrip(".") or "model")
        self._left: dict[str, object] = dict(value)
        self._path = path

    def __contains__(self, key: str) -> bool:
        return key in self._left

    def key(self, key: str) -> str:
        """The key as errors name it."""
        return f"{self._path}{key}"

    def take(self, key: str) -> object:
        """Any JSON value."""
        if key not in self._left:
            raise ModelError("is missing", key=self.key(key), hint="add it")
        return self._left.pop(key)

    def text(self, key: str) -> str:
        value = self.take(key)
        if not isinstance(value, str):
            raise self._wrong(key, "a string", value)
        return value

    def integer(self, key: str) -> int:
        value = self.take(key)
        if not is_int(value):
            raise self._wrong(key, "an integer", value)
        assert isinstance(value, int)
        return value

    def flag(self, key: str) -> bool:
        value = self.take(key)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false", value)
        return value

    def number(self, key: str) -> float:
        value = self.take(key)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not isfinite(value):
            raise self._wrong(key, "a finite number", value)
        return float(value)

    def integers(self, key: str) -> tuple[int, ...]:
        value = self.take(key)
        if not isinstance(value, list) or not all(is_int(item) for item in value):
            raise self._wrong(key, "a list of integers", value)
        return tuple(value)

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.take(key)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(key, "a list of strings", value)
        return tuple(value)

    def objects(self, key: str) -> list[object]:
        value = self.take(key)
        if not isinstance(value, list):
            raise self._wrong(key, "a list of objects", value)
        return value

    def done(self) -> None:
        """Refuse the keys that nobody took."""
        if self._left:
            key = min(self._left)
            raise ModelError(
                "is no key of format 1", key=self.key(key if len(key) <= 64 else f"{key[:64]}..."), hint="remove it"
            )

    def _wrong(self, key: str, wanted: str, value: object) -> ModelError:
        return ModelError(f"must be {wanted}, not {describe(value)}", key=self.key(key))
