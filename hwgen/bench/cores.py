"""Cores built in a scratch folder."""

from __future__ import annotations

from pathlib import Path

from hwgen.emit import write_core
from hwgen.flow.folder import CoreFolder
from hwgen.model import Model
from hwgen.plan import Plan, PlanOptions, build_plan


def core(model: Model, options: PlanOptions, folder: Path) -> tuple[Plan, CoreFolder]:
    """Plan and write the core of ``model`` to ``folder``, which must not exist."""
    plan = build_plan(model, options)
    write_core(plan, model, folder)
    return plan, CoreFolder.open(folder)
