r"""Readable names in the RTLIL text of one module.

RTLIL is line-based: ``wire width 8 input 1 \name`` declares, ``cell \TYPE \name`` opens an instance, whose lines
``connect \PORT sigspec`` and ``parameter \NAME value`` name ports and parameters of another module; every other name of
the form ``\name`` is a wire (Yosys manual, "RTLIL text representation").
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping

from hwgen.emit.identifiers import identifier

_WIRE = re.compile(r"^  wire (?:.*\b(input|output) )?.*?(\\\S+)$")
_CELL = re.compile(r"^  cell \S+ \\(\S+)$")
_CONNECT = re.compile(r"^    connect \S+ (.*)$")
_NO_WIRES = re.compile(r"^\s*(attribute|parameter|module|cell) ")
_NAME = re.compile(r"\\(\S+)")


def readable(
    text: str, ports: Container[str], known: Mapping[str, str], *, keep_unused: bool
) -> tuple[str, dict[str, str]]:
    """Rename wires and instances, and drop input ports that nothing reads unless ``keep_unused``.

    Parameters
    ----------
    ports:
        Names that stay.
    known:
        Better names for some wires, which then need not be free.

    Returns
    -------
    The text, and the direction ("input" or "output") of each port that is left.
    """
    lines = [line for line in text.splitlines() if line]
    declared = {found[2][1:]: found[1] for line in lines if (found := _WIRE.match(line))}
    used = {name for line in lines for name in _NAME.findall(_wires(line))}
    directions = {name: direction for name, direction in declared.items() if direction and name in ports}
    if not keep_unused:
        directions = {name: way for name, way in directions.items() if way == "output" or name in used}
    taken = {name for name in declared if name in ports}
    renamed = {}
    for name in declared:
        if name not in ports:
            renamed[name] = identifier(known.get(name, name), taken)
            taken.add(renamed[name])
    result = []
    for line in lines:
        if found := _WIRE.match(line):
            name = found[2][1:]
            if name not in ports or name in directions:
                result.append(f"{line[: found.start(2)]}\\{renamed.get(name, name)}")
        elif found := _CELL.match(line):
            label = identifier(found[1], taken)
            taken.add(label)
            result.append(f"{line[: found.start(1)]}{label}")
        else:
            wires = _wires(line)
            fixed = line[: len(line) - len(wires)]
            result.append(fixed + _NAME.sub(lambda name: f"\\{renamed.get(name[1], name[1])}", wires))
    return "\n".join(result) + "\n", directions


def _wires(line: str) -> str:
    """The end of a line that names wires of this module."""
    if _NO_WIRES.match(line) or _WIRE.match(line):
        return ""
    found = _CONNECT.match(line)
    return found[1] if found else line
