"""Names become Verilog modules, memories and file names: plain identifiers only."""

from __future__ import annotations

import re

from hwgen.errors import ModelError
from hwgen.model.limits import MAX_NAME
from hwgen.model.model import INPUT
from hwgen.model.values import describe

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)

# IEEE 1364-2005, annex B.
_VERILOG = """
always and assign automatic begin buf bufif0 bufif1 case casex casez cell cmos config deassign default defparam design
disable edge else end endcase endconfig endfunction endgenerate endmodule endprimitive endspecify endtable endtask event
for force forever fork function generate genvar highz0 highz1 if ifnone incdir include initial inout input instance
integer join large liblist library localparam macromodule medium module nand negedge nmos nor noshowcancelled not
notif0 notif1 or output parameter pmos posedge primitive pull0 pull1 pulldown pullup pulsestyle_ondetect
pulsestyle_onevent rcmos real realtime reg release repeat rnmos rpmos rtran rtranif0 rtranif1 scalared showcancelled
signed small specify specparam strong0 strong1 supply0 supply1 table task time tran tranif0 tranif1 tri tri0 tri1
triand trior trireg unsigned use uwire vectored wait wand weak0 weak1 while wire wor xnor xor
"""

# What IEEE 1800-2017, annex B, adds: Verilator and Yosys may read the files as SystemVerilog.
_SYSTEM_VERILOG = """
accept_on alias always_comb always_ff always_latch assert assume before bind bins binsof bit break byte chandle checker
class clocking const constraint context continue cover covergroup coverpoint cross dist do endchecker endclass
endclocking endgroup endinterface endpackage endprogram endproperty endsequence enum eventually expect export extends
extern final first_match foreach forkjoin global iff ignore_bins illegal_bins implements implies import inside int
interconnect interface intersect join_any join_none let local logic longint matches modport nettype new nexttime null
package packed priority program property protected pure rand randc randcase randsequence ref reject_on restrict return
s_always s_eventually s_nexttime s_until s_until_with sequence shortint shortreal soft solve static string strong
struct super sync_accept_on sync_reject_on tagged this throughout timeprecision timeunit type typedef union unique
unique0 until until_with untyped var virtual void wait_order weak wildcard with within
"""

RESERVED = frozenset((_VERILOG + _SYSTEM_VERILOG).split())


def check_name(name: object, key: str = "name") -> None:
    """A Verilog identifier that no reserved word takes, of at most 64 characters."""
    if not isinstance(name, str):
        raise ModelError(f"must be a string, not {describe(name)}", key=key)
    if name == INPUT:
        raise ModelError("'input' is reserved for the model's input", key=key, hint="rename it")
    if name in RESERVED:
        raise ModelError(f"{name!r} is a reserved word of Verilog", key=key, hint=f"rename it, to {name}_0 for example")
    if len(name) > MAX_NAME:
        raise ModelError(f"{describe(name)} has {len(name)} characters, {MAX_NAME} are allowed", key=key)
    if not _IDENTIFIER.fullmatch(name):
        raise ModelError(
            f"{describe(name)} is no Verilog identifier", key=key, hint="use letters, digits and _, no digit first"
        )
