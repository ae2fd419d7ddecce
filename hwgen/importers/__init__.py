"""From the files of other tools to a Model. What has no counterpart is refused; nothing is dropped in silence."""

from hwgen.importers.formats import import_model

__all__ = ["import_model"]
