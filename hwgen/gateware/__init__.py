"""Amaranth components. Each takes its piece of the plan and decides nothing."""

from hwgen.gateware.cells import VerilogCells
from hwgen.gateware.core import Accelerator, Core

__all__ = ["Accelerator", "Core", "VerilogCells"]
