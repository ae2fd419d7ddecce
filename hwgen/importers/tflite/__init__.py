"""TFLite: int8 networks as they are, with the arithmetic of the reference kernels."""

from hwgen.importers.tflite.convert import read_tflite

__all__ = ["read_tflite"]
