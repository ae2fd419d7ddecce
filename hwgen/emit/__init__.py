"""Plan and gateware to the output folder."""

from hwgen.emit.write import write_core

__all__ = ["write_core"]
