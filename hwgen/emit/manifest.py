"""manifest.json: what other programs may rely on (INTERFACE, "DIR, what build writes")."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from hwgen import __version__
from hwgen.plan import TARGETS, Plan, utilisation
from hwgen.plan.counters import planned_counters
from hwgen.plan.interfaces import interfaces
from hwgen.plan.weight_stream import weight_beats

UTILISATION_DIGITS = 6


def manifest(plan: Plan, *, model_sha256: str) -> dict[str, Any]:
    """The manifest of a core built from the model.npz of that SHA-256; the same plan gives the same bytes.

    ``clock_mhz`` is null where none was asked for. ``cycles.io`` counts loading and unloading one frame (a batch),
    ``cycles.load`` the beats of the weight stream. ``counters``: what they read behind one such frame without a zero.
    """
    options = plan.options
    by_use = plan.memory_bits
    return {
        "name": plan.name,
        "top": plan.name,
        "hwgen_version": __version__,
        "model_sha256": model_sha256,
        "plan_sha256": plan.digest,
        "target": options.target,
        "clock_mhz": options.clock_mhz,
        "pes": plan.shape.pes,
        "lanes": plan.shape.lanes,
        "requantisers": plan.shape.requantisers,
        "multipliers": options.multipliers,
        "batch": options.batch,
        "weights": options.weights,
        "index_bits": options.index_bits,
        "queue": options.queue,
        "balance": options.balance,
        "interfaces": interfaces(plan),
        "cycles": {
            "total": plan.compute_cycles,
            "io": plan.load_cycles + plan.unload_cycles,
            "load": weight_beats(plan) if plan.shape.loadable else 0,
            "layers": [_rounded(asdict(layer)) for layer in plan.layers],
            "pulses": list(plan.pulses),
            "interval": plan.interval,
        },
        "utilisation": round(utilisation(plan.layers), UTILISATION_DIGITS),
        "counters": planned_counters(plan),
        "memory_bits": sum(by_use.values()),
        "memory_bits_by_use": by_use,
        "activation_memory": {
            "elements_per_bank": plan.shape.bank_words * plan.shape.lanes,
            "peak": plan.peak.elements,
            "layer": plan.peak.layer,
            "maps": list(plan.peak.maps),
        },
        "notes": list(plan.notes),
    }


def clock_mhz(record: Mapping[str, Any]) -> float:
    """The clock that the core of a manifest was built for."""
    return float(record["clock_mhz"] or TARGETS[record["target"]].clock_mhz)


def as_text(record: dict[str, Any]) -> str:
    """JSON with sorted keys."""
    return json.dumps(record, indent=2, sort_keys=True) + "\n"


def _rounded(layer: dict[str, Any]) -> dict[str, Any]:
    return layer | {"utilisation": round(layer["utilisation"], UTILISATION_DIGITS)}
