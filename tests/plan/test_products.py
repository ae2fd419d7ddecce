"""Which products take multiplier blocks: as Yosys finds them in the Verilog, and never more than there are."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from pyosys import libyosys

from hwgen.emit.vendor import cells_source
from hwgen.plan.products import blocks_taken, dealt

a_widths, b_widths = st.integers(2, 60), st.integers(1, 32)


def test_blocks_are_those_of_the_verilog(tmp_path: Path) -> None:
    widths = [(2, 2), (18, 18), (19, 18), (20, 8), (23, 24), (27, 20), (41, 24), (41, 32), (60, 26)]
    cases = [(*width, there) for width, there in product(widths, (0, 1, 2, 3, 5))]
    text = [cells_source("ecp5")]
    for number, (a, b, there) in enumerate(cases):
        ports = f"input clk, input [{a - 1}:0] a, input [{b - 1}:0] b, output [{a + b - 1}:0] p, q"
        parameters = f".A_BITS({a}), .B_BITS({b}), .B_SIGNED(0), .BLOCKS({there})"
        text.append(f"(* keep_hierarchy *) module w{number}({ports});\nhwgen_mul #({parameters}) m(.*);\nendmodule\n")
    uses = "".join(f"w{number} u{number}();\n" for number in range(len(cases)))
    (tmp_path / "design.v").write_text("".join(text) + f"module top;\n{uses}endmodule\n", encoding="utf-8")
    design = libyosys.Design()
    for command in (
        f"read_verilog -sv {tmp_path}/design.v",
        "hierarchy -top top",
        "flatten",
        f"tee -q -o {tmp_path}/stat.json stat -json",
    ):
        design.run_pass(command)
    modules = json.loads((tmp_path / "stat.json").read_text(encoding="utf-8"))["modules"]
    found = [modules[f"\\w{number}"]["num_cells_by_type"].get("MULT18X18D", 0) for number in range(len(cases))]
    assert found == [blocks_taken(*case) for case in cases]
    assert max(found) >= 5


@given(spare=st.integers(0, 300), among=st.integers(1, 128), a_bits=a_widths, b_bits=b_widths)
def test_limited_products_take_no_more_than_there_are(spare: int, among: int, a_bits: int, b_bits: int) -> None:
    shares = dealt(spare, among=among, limited=True, a_bits=a_bits, b_bits=b_bits)
    least = blocks_taken(a_bits, b_bits, 0)
    assert len(shares) == among
    assert sum(blocks_taken(a_bits, b_bits, share) for share in shares if share is not None) <= spare
    without = shares.count(None)
    assert without == max(0, among - spare // least if least else 0)


@given(spare=st.integers(0, 300), among=st.integers(1, 128), a_bits=a_widths, b_bits=b_widths)
def test_others_are_dealt_what_there_is(spare: int, among: int, a_bits: int, b_bits: int) -> None:
    shares = dealt(spare, among=among, limited=False, a_bits=a_bits, b_bits=b_bits)
    counts = [share for share in shares if share is not None]
    assert (len(counts), sum(counts)) == (among, spare)
    assert max(counts) - min(counts) <= 1


def test_those_with_blocks_stand_between_those_without() -> None:
    assert dealt(0, among=4, limited=True, a_bits=23, b_bits=24) == (None, None, None, None)
    assert dealt(2, among=4, limited=True, a_bits=23, b_bits=24) == (None, 1, None, 1)
    assert dealt(7, among=4, limited=True, a_bits=23, b_bits=24) == (1, 2, 2, 2)
