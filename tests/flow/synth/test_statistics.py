"""Counting cells."""

from __future__ import annotations

from hwgen.flow.synth.statistics import Memory, memories, resources
from hwgen.flow.synth.targets import recipe


def test_ecp5_cells() -> None:
    logic = {"$scopeinfo": 3, "CCU2C": 21, "LUT4": 175, "PFUMX": 35, "TRELLIS_FF": 9}
    found = resources({**logic, "MULT18X18D": 2, "TRELLIS_DPR16X4": 4, "DP16KD": 5}, recipe("ecp5-25k"))
    assert (found.lut, found.ff, found.dsp, found.bram, found.spram, found.lutram) == (175, 9, 2, 5, 0, 4)


def test_flip_flops_of_every_kind_count() -> None:
    ice40 = resources({"SB_DFF": 1, "SB_DFFE": 2, "SB_DFFESR": 4, "SB_DFFSR": 8, "SB_LUT4": 3}, recipe("ice40-up5k"))
    assert (ice40.ff, ice40.lut) == (15, 3)
    generic = resources({"$_DFF_P_": 1, "$_SDFFE_PP0P_": 2, "$_DFFE_PP_": 4, "$lut": 5, "$mul": 1}, recipe("generic"))
    assert (generic.ff, generic.lut, generic.dsp) == (7, 5, 1)


def test_memories_are_grouped_by_name() -> None:
    netlist = {
        "cells": {
            "bank0.mem.0.0": {"type": "DP16KD"},
            "bank0.mem.0.1": {"type": "DP16KD"},
            "pe1.fifo.mem.0.0": {"type": "TRELLIS_DPR16X4"},
            "pe1.fifo.word_TRELLIS_FF_Q_3": {"type": "TRELLIS_FF"},
            "weights.block": {"type": "DP16KD"},
        }
    }
    log = "using FF mapping for memory top.tiny.mem\nusing FF mapping for memory top.tiny.mem\n"
    assert memories(netlist, log, recipe("ecp5-25k")) == [
        Memory("bank0.mem", "block", 2),
        Memory("pe1.fifo.mem", "lutram", 1),
        Memory("tiny.mem", "logic", 0),
        Memory("weights.block", "block", 1),
    ]
