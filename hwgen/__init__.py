"""hwgen: compressed neural networks to verified FPGA and ASIC cores, with open tools only."""

__version__ = "0.1.0"
