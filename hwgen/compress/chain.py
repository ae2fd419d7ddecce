"""A compression: steps one after the other, what each did to every layer, and where to take up again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from hwgen.compress.checkpoint import Checkpoints
from hwgen.compress.frames import accuracy
from hwgen.compress.predict import layer_cycles
from hwgen.compress.sizes import model_sizes
from hwgen.compress.steps import Context, Step
from hwgen.compress.steps.training import run_step
from hwgen.compress.weighted import weighted_layers
from hwgen.errors import HwgenError
from hwgen.model import Model


@dataclass(frozen=True, kw_only=True)
class Row:
    """What a step did to a layer, with the keys of ``compress --json``; accuracies (0..1) are the whole model's.

    Bits are those of Deep Compression's file without Huffman codes, behind the step huffman with them. ``cycles`` are
    predicted for a frame without a zero activation, None where the model has no core.
    """

    name: str
    layer: str
    bits_before: int
    bits_after: int
    density: float
    cycles: int | None
    accuracy_before: float | None
    accuracy_after: float | None
    skipped_reason: str | None


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A model's bits, density and predicted cycles by layer, and its accuracy."""

    bits: Mapping[str, int]
    density: Mapping[str, float]
    cycles: Mapping[str, int | None]
    accuracy: float | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Result:
    """The smaller model, a row per step and layer, and what steps found besides."""

    model: Model
    rows: Sequence[Row]
    tables: Mapping[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)


def compress(model: Model, steps: Sequence[Step], context: Context, checkpoints: Checkpoints | None = None) -> Result:
    """Run ``steps`` on ``model``.

    ``checkpoints`` keep the model behind each step; those it already has are not run again.

    Raises
    ------
    HwgenError
        A step's, with the step's name before it.
    """
    rows: list[Row] = []
    tables: dict[str, Sequence[Mapping[str, object]]] = {}
    before: Measured | None = None
    for number, step in enumerate(steps, start=1):
        kept = checkpoints.take(number, step) if checkpoints else None
        if kept is not None:
            model, found, more = kept
            rows += [Row(**row) for row in found]
            tables |= more
            before = None
            continue
        before = before or measure(model, context)
        try:
            outcome = run_step(step, model, context)
        except HwgenError as error:
            error.what = f"step {number} ({step.name}): {error.what}"
            raise
        after = measure(outcome.model, context, outcome.bits)
        mine = _rows(step.name, before, after, outcome.skipped)
        rows += mine
        tables |= outcome.tables
        model, before = outcome.model, after
        if checkpoints:
            checkpoints.put(number, step, model, [asdict(row) for row in mine], outcome.tables)
    return Result(model=model, rows=rows, tables=tables)


def measure(model: Model, context: Context, bits: Mapping[str, int] | None = None) -> Measured:
    """``bits`` replace the size table's."""
    sizes = model_sizes(model)
    context.progress("predicting cycles", None)
    cycles = layer_cycles(model, context.options) or {}
    right = None
    if context.test is not None and context.test.labels is not None:
        right = accuracy(model, context.test, lambda done: context.progress("measuring accuracy", done))
    return Measured(
        bits=bits or {row.name: row.bits for row in sizes},
        density={row.name: row.kept / row.weights for row in sizes},
        cycles={name: cycles.get(name) for name in weighted_layers(model)},
        accuracy=right,
    )


def _rows(name: str, before: Measured, after: Measured, skipped: Mapping[str, str]) -> list[Row]:
    """A layer that the step made counts 0 bits before."""
    return [
        Row(
            name=name,
            layer=layer,
            bits_before=before.bits.get(layer, 0),
            bits_after=bits,
            density=after.density[layer],
            cycles=after.cycles[layer],
            accuracy_before=before.accuracy,
            accuracy_after=after.accuracy,
            skipped_reason=skipped.get(layer),
        )
        for layer, bits in after.bits.items()
    ]
