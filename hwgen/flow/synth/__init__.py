"""Synthesis with Yosys, place and route with nextpnr, bitstreams."""
