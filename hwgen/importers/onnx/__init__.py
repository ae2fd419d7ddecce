"""ONNX: float graphs, and quantised ones of QuantizeLinear and DequantizeLinear."""

from hwgen.importers.onnx.convert import read_onnx

__all__ = ["read_onnx"]
