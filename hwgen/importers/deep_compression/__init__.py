"""Song Han's .net files (Deep Compression, ICLR 2016) with a list of their layers."""

from hwgen.importers.deep_compression.convert import read_net

__all__ = ["read_net"]
