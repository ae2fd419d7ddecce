"""A core has hundreds of ports and a bare device few pins: registers in between, so that place and route can run.

Every input of the core is driven by a shift register fed from one pin; every output is folded into a second one that
ends at another pin. Nothing can be optimised away, every path of the core starts and ends at a register, and what is
added is one flip-flop per input, one flip-flop and one LUT per output.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

TOP = "pin_wrapper"
CLOCK = "aclk"


@dataclass(frozen=True)
class Port:
    """A port of the core as Yosys' JSON netlist has it: ``direction`` is "input" or "output"."""

    direction: str
    width: int


def wrapper(core: str, ports: Mapping[str, Port]) -> str:
    """Verilog of the wrapper, with an empty module that stands for ``core``."""
    inputs = {name: port.width for name, port in ports.items() if port.direction == "input" and name != CLOCK}
    outputs = {name: port.width for name, port in ports.items() if port.direction == "output"}
    connections = [f".{CLOCK}(clk)"]
    for bus, group in (("shift_in", inputs), ("from_core", outputs)):
        low = 0
        for name, width in group.items():
            connections.append(f".{name}({bus}[{low + width - 1}:{low}])")
            low += width
    declared = [f"    {port.direction} [{port.width - 1}:0] {name}" for name, port in ports.items()]
    top_in, top_out = sum(inputs.values()) - 1, sum(outputs.values()) - 1
    return "\n".join(
        [
            f"module {TOP}(input clk, input si, output so);",
            f"    reg [{top_in}:0] shift_in;",
            f"    reg [{top_out}:0] shift_out;",
            f"    wire [{top_out}:0] from_core;",
            "    always @(posedge clk) begin",
            "        shift_in <= {shift_in, si};",
            "        shift_out <= {shift_out, 1'b0} ^ from_core;",
            "    end",
            f"    assign so = shift_out[{top_out}];",
            f"    {core} core ({', '.join(connections)});",
            "endmodule",
            "(* blackbox *)",
            f"module {core} (",
            ",\n".join(declared),
            ");",
            "endmodule",
            "",
        ]
    )
