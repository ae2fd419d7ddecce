"""The models behind a compression's steps, so that it can be taken up again at any of them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hwgen.compress.steps import Step
from hwgen.errors import HwgenError, UsageError
from hwgen.model import Model, load, save

Rows = Sequence[Mapping[str, Any]]
Tables = Mapping[str, Rows]


class Checkpoints:
    """A folder of NN-STEP.npz and NN-STEP.json, each named by what led to it.

    ``base`` stands for everything a step depends on besides its own keys and the steps before it: the model, the data,
    the seed, the array. A changed key makes that step and all behind it run again; those before are taken as they are.
    """

    def __init__(self, folder: Path, base: Sequence[bytes | str], *, resume: bool) -> None:
        self._folder = folder
        self._resume = resume
        digest = hashlib.sha256()
        for part in base:
            # Lengths keep neighbours apart: "ab", "c" is not "a", "bc".
            raw = part.encode() if isinstance(part, str) else part
            digest.update(len(raw).to_bytes(8, "big") + raw)
        self._digest = digest

    def take(self, number: int, step: Step) -> tuple[Model, Rows, Tables] | None:
        """The model, rows and tables of a step that has run with the same past; None if it must run."""
        self._digest.update(f"{step.name}:{json.dumps(asdict(step), sort_keys=True)}".encode())
        if not self._resume:
            return None
        name = self._name(number, step)
        try:
            record = json.loads(name.with_suffix(".json").read_text(encoding="utf-8"))
            if record["past"] != self._digest.hexdigest():
                return None
            return load(name.with_suffix(".npz")), record["rows"], record["tables"]
        except (OSError, ValueError, KeyError, TypeError, HwgenError):
            return None

    def put(self, number: int, step: Step, model: Model, rows: Rows, tables: Tables) -> None:
        """Keep what a step made; the record comes last, so that an interrupted step leaves none."""
        try:
            self._folder.mkdir(exist_ok=True)
            for old in self._folder.glob(f"{number:02d}-*"):
                old.unlink()
        except OSError as error:
            raise UsageError(f"cannot be written: {error.strerror}", file=str(self._folder)) from None
        name = self._name(number, step)
        save(model, name.with_suffix(".npz"))
        record = {"past": self._digest.hexdigest(), "rows": rows, "tables": tables}
        partial = name.with_suffix(f".{os.getpid()}.partial")
        partial.write_text(json.dumps(record), encoding="utf-8")
        partial.replace(name.with_suffix(".json"))

    def _name(self, number: int, step: Step) -> Path:
        return self._folder / f"{number:02d}-{step.name}"
