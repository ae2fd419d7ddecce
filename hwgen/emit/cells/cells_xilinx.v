// Xilinx 7 series: Yosys infers everything, and packs the registers around a product into its DSP48E1.
