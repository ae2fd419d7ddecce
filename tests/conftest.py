"""One seed per run, printed in the header, for Hypothesis and for the ``rng`` fixture alike.

``pytest --hypothesis-seed=N`` repeats a run.
"""

from __future__ import annotations

import os
import secrets
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# A Yosys on PATH may be too old for Amaranth.
os.environ["AMARANTH_USE_YOSYS"] = "builtin"

settings.register_profile(
    "hwgen",
    deadline=None,  # two shared cores: wall time says nothing about a test
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("hwgen")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Draws the seed before Hypothesis' plugin reads it; xdist hands it to its workers."""
    if config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = str(secrets.randbelow(2**32))


def pytest_report_header(config: pytest.Config) -> str:
    return f"seed: {config.option.hypothesis_seed} (repeat with --hypothesis-seed)"


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """Random numbers of the run's seed and the test's own name, so that tests do not depend on their order."""
    run_seed = str(request.config.getoption("hypothesis_seed"))
    return np.random.default_rng(zlib.crc32(f"{run_seed} {request.node.nodeid}".encode()))
