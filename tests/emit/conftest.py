"""One small core, written once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hwgen.emit import write_core
from hwgen.model import Model
from hwgen.plan import Plan, PlanOptions, build_plan
from tests.emit.networks import tiny


@dataclass(frozen=True)
class Written:
    """A core and what it was made from."""

    path: Path
    model: Model
    plan: Plan
    manifest: dict[str, Any]


def written(path: Path, model: Model, **options: Any) -> Written:
    plan = build_plan(model, PlanOptions(**{"pes": 2, "lanes": 2, **options}))
    return Written(path, model, plan, write_core(plan, model, path))


@pytest.fixture(scope="session")
def core(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return written(tmp_path_factory.mktemp("core") / "tiny", tiny())


@pytest.fixture(scope="session")
def loadable(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return written(tmp_path_factory.mktemp("loadable") / "tiny", tiny(), weights="load")
