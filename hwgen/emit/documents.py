"""The files of a core that come from templates: README, FuseSoC description, bench, constraints, lint waivers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from hwgen.emit.manifest import clock_mhz

# template -> path in the core's folder; {name} is the core's.
DOCUMENTS: Mapping[str, str] = {
    "README.md.j2": "README.md",
    "fusesoc.core.j2": "{name}.core",
    "bench.mk.j2": "tb/Makefile",
    "bench.py.j2": "tb/test_{name}.py",
    "waivers.vlt.j2": "lint/waivers.vlt",
    "clock.sdc.j2": "constraints/{name}.sdc",
    "ecp5.lpf.j2": "constraints/{name}.lpf",
    "gowin.cst.j2": "constraints/{name}.cst",
    "ice40.pcf.j2": "constraints/{name}.pcf",
}


@cache
def _environment() -> Environment:
    # Plain text, no HTML: nothing is to be escaped.
    return Environment(
        loader=PackageLoader("hwgen.emit"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )


def documents(manifest: Mapping[str, Any], sources: list[str], memories: list[str]) -> dict[str, str]:
    """Texts by path, of a core with these Verilog files and memory images."""
    values = {**manifest, "clock_mhz": clock_mhz(manifest), "sources": sources, "memories": memories}
    return {
        path.format(name=manifest["name"]): _environment().get_template(template).render(values)
        for template, path in DOCUMENTS.items()
    }
