"""The output folder of ``build``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hwgen.emit.documents import documents
from hwgen.emit.hierarchy import Hierarchy
from hwgen.emit.manifest import as_text, manifest
from hwgen.emit.memory_files import memory_files
from hwgen.emit.replace import MANIFEST, replaced
from hwgen.emit.vendor import FAMILIES, cells_source
from hwgen.emit.verilog import verilog
from hwgen.errors import UnsupportedError
from hwgen.gateware import Core, VerilogCells
from hwgen.model import Model, save
from hwgen.plan import Plan
from hwgen.plan.weight_stream import weight_stream

#: Told the stage that runs, and the done part of it (0 to 1) or None.
Progress = Callable[[str, float | None], None]

RESERVED_PREFIX = "hwgen_"
"""The vendor cells' modules begin so."""


def write_core(plan: Plan, model: Model, out_dir: str | Path, *, progress: Progress | None = None) -> dict[str, Any]:
    """Write the core of ``plan``, made from ``model``, to ``out_dir``; the content of its manifest.json.

    The folder appears as a whole or not at all; a core that hwgen wrote there before is replaced. The same plan and
    model give the same bytes.

    Raises
    ------
    UsageError
        The folder holds something else, or cannot be written.
    UnsupportedError
        The model's name is one of the vendor cells'.
    """
    tell = progress or (lambda _stage, _part: None)
    if f"{plan.name}_".startswith(RESERVED_PREFIX):
        raise UnsupportedError(
            f"the name {plan.name!r} is kept for hwgen's own modules", key="name", hint="rename the model"
        )
    with replaced(Path(out_dir)) as folder:
        tell("gateware", None)
        hierarchy = Hierarchy(top=plan.name)
        hierarchy.add(Core(plan=plan), VerilogCells())
        rtlil = hierarchy.modules()
        tell("Verilog", None)
        modules = verilog(rtlil)
        tell("files", None)
        save(model, folder / "model.npz")
        model_sha256 = hashlib.sha256((folder / "model.npz").read_bytes()).hexdigest()
        record = manifest(plan, model_sha256=model_sha256)
        _write(folder, _texts(record, plan, modules))
        if plan.shape.loadable:
            (folder / "mem").mkdir(exist_ok=True)
            (folder / "mem" / "weights.bin").write_bytes(weight_stream(plan).tobytes())
        (folder / "reports").mkdir()
    return record


def _texts(record: Mapping[str, Any], plan: Plan, modules: Mapping[str, str]) -> dict[str, str]:
    """Every text file by its path in the folder."""
    banner = f"// {plan.name}, written by hwgen {record['hwgen_version']}: build it again instead of editing it.\n"
    rtl = {f"rtl/{name}.v": banner + text for name, text in modules.items()}
    cells = {f"rtl/cells_{family}.v": cells_source(family) for family in FAMILIES}
    memories = memory_files(plan.images, modules.values())
    sources = ["rtl/cells_generic.v", *rtl]
    return {
        **rtl,
        **cells,
        **memories,
        **documents(record, sources, sorted(memories)),
        "filelist.f": "".join(f"{source}\n" for source in sources),
        MANIFEST: as_text(dict(record)),
    }


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
