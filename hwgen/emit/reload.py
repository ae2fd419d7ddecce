"""The weight stream of another model for a core that loads its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from hwgen.errors import UsageError
from hwgen.model import Model
from hwgen.plan import Plan, PlanOptions, build_plan
from hwgen.plan.weight_stream import weight_stream

REBUILD = "build a core for this model"
OPTIONS = ("target", "pes", "lanes", "requantisers", "multipliers", "batch", "index_bits", "queue", "balance")
"""What a core was built with, in its manifest, that the plan of another model for it takes too."""


def stream_for(manifest: Mapping[str, Any], built: Model, model: Model) -> bytes:
    """Beats, little endian, that make the core of ``manifest``, which was built from ``built``, compute ``model``.

    Raises
    ------
    UsageError
        The core does not load its weights, its manifest is another version's, or the model needs another structure;
        names the memory whose depth it exceeds, or what else differs.
    """
    if manifest.get("weights") != "load":
        raise UsageError("the core has its weights baked in", hint="build it with --weights load")
    missing = [key for key in OPTIONS if key not in manifest]
    if missing:
        raise UsageError("missing", file="manifest.json", key=missing[0], hint="build the core again")
    options = PlanOptions(weights="load", **{key: manifest[key] for key in OPTIONS})
    core, plan = build_plan(built, options), build_plan(model, options)
    if plan.signature != core.signature:
        raise _misfit(core, plan)
    return weight_stream(plan).tobytes()


def _misfit(core: Plan, plan: Plan) -> UsageError:
    """Says what keeps ``plan`` from running on ``core``."""
    for image in plan.images:
        room = {held.name: held.depth for held in core.images}.get(image.name, 0)
        if image.depth > room:
            return UsageError(
                f"needs {image.depth} words of {image.name}, the core has {room}", file=plan.name, hint=REBUILD
            )
    differing = [
        f"{field.name} {theirs}, the core has {ours}"
        for field in fields(plan.shape)
        if field.name != "name"
        and (ours := getattr(core.shape, field.name)) != (theirs := getattr(plan.shape, field.name))
    ]
    what = differing[0] if differing else "memories of other widths"
    return UsageError(f"needs another structure: {what}", file=plan.name, hint=REBUILD)
