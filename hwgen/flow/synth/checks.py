"""What the Yosys log of a synthesis must not say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hwgen.errors import CheckFailedError

# Everything here is a defect of the emitted Verilog or of the synthesiser, never a matter of taste. The conflict is
# what Yosys 0.70 prints when its iCE40 multiplier inference loses a product.
FORBIDDEN = {
    "latch inferred": re.compile(r"Latch inferred for signal `(?P<what>[^']+)'"),
    "wire without a driver": re.compile(r"Warning: Wire (?P<what>\S+(?: \[\d+(?::\d+)?\])?) is used but has no driver"),
    "conflicting drivers": re.compile(r"Warning: Driver-driver conflict for (?P<what>\S+)"),
    "several drivers": re.compile(r"Warning: multiple conflicting drivers for (?P<what>\S+)"),
    "combinational loop": re.compile(r"Warning: found logic loop in (?P<what>module [^:]+)"),
    "port of the wrong width": re.compile(r"Warning: Resizing cell port (?P<what>\S+)"),
}


def findings(log: str) -> Iterator[str]:
    """Each forbidden thing once, in the order of :data:`FORBIDDEN`."""
    for kind, pattern in FORBIDDEN.items():
        for what in dict.fromkeys(match["what"] for match in pattern.finditer(log)):
            yield f"{kind}: {what}"


def check(log: str, file: str) -> None:
    """Raise :class:`CheckFailedError` if the log has a forbidden finding; ``file`` is where the log stands."""
    found = list(findings(log))
    if found:
        shown = "; ".join(found[:5]) + ("" if len(found) <= 5 else f"; and {len(found) - 5} more")
        raise CheckFailedError(f"synthesis found {shown}", file=file)
