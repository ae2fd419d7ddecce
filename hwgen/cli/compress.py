"""``compress``: a smaller model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from hwgen import __version__
from hwgen import model as models
from hwgen.cli.files import STDOUT, read_frames, write_json
from hwgen.cli.options import Json, ModelFile
from hwgen.cli.progress import progress
from hwgen.cli.tables import percent, print_facts, print_gap, print_table
from hwgen.compress.chain import Result, Row, compress
from hwgen.compress.checkpoint import Checkpoints
from hwgen.compress.energy import Energy, compressed, dense
from hwgen.compress.frames import Frames, check_frames
from hwgen.compress.recipe import make_step, read_recipe
from hwgen.compress.sizes import model_sizes, total
from hwgen.compress.steps import Context, Step
from hwgen.errors import UsageError
from hwgen.model import Model
from hwgen.plan import PlanOptions

BYTE = 8


def compress_(
    model: ModelFile,
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="SMALLER.npz", help="Where the model goes.", show_default=False)
    ],
    recipe: Annotated[
        Path | None, typer.Option("--recipe", metavar="FILE.toml", help="The steps.", show_default=False)
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="X.npy", help="Real frames to calibrate and train with.", show_default=False),
    ] = None,
    labels: Annotated[
        Path | None, typer.Option("--labels", metavar="y.npy", help="Their class numbers.", show_default=False)
    ] = None,
    test_data: Annotated[
        Path | None,
        typer.Option(
            "--test-data",
            metavar="X.npy",
            help="Frames that measure the accuracy; without them a tenth of the data is held out.",
            show_default=False,
        ),
    ] = None,
    test_labels: Annotated[
        Path | None, typer.Option("--test-labels", metavar="y.npy", help="Their class numbers.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="Of every random choice.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Keep the steps that have run with the same keys.")] = False,
    prune: Annotated[
        float | None, typer.Option("--prune", metavar="D", help="Keep the share D of the weights.", show_default=False)
    ] = None,
    nm: Annotated[
        str | None, typer.Option("--nm", metavar="N:M", help="Keep N of M input channels.", show_default=False)
    ] = None,
    share: Annotated[
        int | None, typer.Option("--share", metavar="BITS", help="Share the weights, 2 to 8 bits.", show_default=False)
    ] = None,
    quantise: Annotated[
        int | None, typer.Option("--quantise", metavar="BITS", help="Weights of 2 to 16 bits.", show_default=False)
    ] = None,
    epochs: Annotated[
        int, typer.Option("--epochs", metavar="E", help="Train E epochs while pruning and after sharing.")
    ] = 0,
    pes: Annotated[
        int | None, typer.Option("--pes", metavar="N", help="Cycles are predicted for N PEs.", show_default=False)
    ] = None,
    lanes: Annotated[
        int | None, typer.Option("--lanes", metavar="P", help="Cycles are predicted for P lanes.", show_default=False)
    ] = None,
    json: Json = None,
) -> None:
    """Make a model smaller.

    The steps come from --recipe, or from --prune or --nm, --share and --quantise in this order; the last also chooses
    the encodings and counts the bits.
    """
    steps = _steps(recipe, prune=prune, nm=nm, share=share, quantise=quantise, epochs=epochs)
    description = models.load(model)
    options = PlanOptions(pes=pes, lanes=lanes)
    train, test = _data(description, steps, (data, labels), (test_data, test_labels), seed)
    checkpoints = Checkpoints(
        out.with_name(f"{out.name}.steps"),
        [__version__, model.read_bytes(), repr(options), str(seed), *_fingerprint(train), *_fingerprint(test)],
        resume=resume,
    )
    with progress() as report:
        context = Context(original=description, train=train, test=test, seed=seed, options=options, progress=report)
        result = compress(description, steps, context, checkpoints)
    models.save(result.model, out)
    if json != STDOUT:
        _print(out, description, result)
    write_json(json, _record(out, description, result))


def _steps(
    recipe: Path | None, *, prune: float | None, nm: str | None, share: int | None, quantise: int | None, epochs: int
) -> list[Step]:
    """Of the recipe or of the flags, not of both."""
    flags = {"--prune": prune, "--nm": nm, "--share": share, "--quantise": quantise, "--epochs": epochs or None}
    given = [flag for flag, value in flags.items() if value is not None]
    if recipe is not None:
        if given:
            raise UsageError(
                f"a recipe and {given[0]} were given", key="--recipe", hint="write the step into the recipe"
            )
        return read_recipe(recipe)
    steps = []
    if prune is not None:
        steps.append(make_step("prune", {"density": prune, "epochs": epochs}, where="--prune"))
    if nm is not None:
        n, _, m = nm.partition(":")
        if not n.isdecimal() or not m.isdecimal():
            raise UsageError(f"must be N:M, such as 2:4, not {nm!r}", key="--nm")
        steps.append(make_step("prune", {"pattern": "n:m", "n": int(n), "m": int(m), "epochs": epochs}, where="--nm"))
    if share is not None:
        steps.append(make_step("share", {"bits": share, "epochs": epochs}, where="--share"))
    if quantise is not None:
        steps += [
            make_step("quantise", {"weight_bits": quantise}, where="--quantise"),
            make_step("encode", {"by": "cycles"}, where="--quantise"),
            make_step("huffman", {}, where="--quantise"),
        ]
    if not steps:
        raise UsageError("no steps were given", key="--recipe", hint="give a recipe, or --prune, --share, --quantise")
    return steps


Files = tuple[Path | None, Path | None]


def _data(
    model: Model, steps: Sequence[Step], files: Files, test_files: Files, seed: int
) -> tuple[Frames | None, Frames | None]:
    """What trains and what measures. Without a test set a tenth is held out where a step trains, else all measures."""
    train = _read(model, files, "--data")
    test = _read(model, test_files, "--test-data")
    if test is not None and test.labels is None:
        raise UsageError("a test set needs labels", key="--test-labels")
    if train is None or test is not None:
        return train, test
    return train.split(seed) if any(step.trains for step in steps) else (train, train)


def _read(model: Model, files: Files, flag: str) -> Frames | None:
    frames, labels = files
    if frames is None:
        if labels is not None:
            raise UsageError("labels without frames", key=flag, hint=f"give {flag} X.npy")
        return None
    found = Frames(read_frames(frames), None if labels is None else read_frames(labels))
    return check_frames(found, model, file=str(frames))


def _fingerprint(data: Frames | None) -> list[bytes]:
    if data is None:
        return [b""]
    parts = [data.frames] if data.labels is None else [data.frames, data.labels]
    return [np.ascontiguousarray(part).tobytes() for part in parts]


def _record(out: Path, before: Model, result: Result) -> dict[str, Any]:
    sizes = total(model_sizes(result.model))
    return {
        "file": str(out),
        "name": result.model.name,
        "steps": [asdict(row) for row in result.rows],
        "float_bits": sizes.float_bits,
        "bits": sizes.bits,
        "huffman_bits": sizes.huffman_bits,
        "energy_estimate_pj": {"dense_int8": asdict(dense(before)), "compressed": asdict(compressed(result.model))},
        **result.tables,
    }


def _print(out: Path, before: Model, result: Result) -> None:
    rows = list(result.rows)
    print_table(
        ["<step", "<layer", "kbit before", "kbit after", "dens. %", "cycles", "acc. before", "acc. after"],
        [_cells(rows, index) for index in range(len(rows))],
    )
    skipped = [(row.name, row.layer, row.skipped_reason) for row in rows if row.skipped_reason]
    if skipped:
        print_gap()
        print_table(["<step", "<skipped", "<because"], skipped)
    for title, table in result.tables.items():
        print_gap()
        _print_table(title, table)
    sizes = total(model_sizes(result.model))
    energy = dense(before), compressed(result.model)
    print_gap()
    print_facts(
        [
            ("model", f"{out}: {result.model.name}"),
            ("size", f"{sizes.bits / BYTE:,.0f} bytes, {sizes.float_bits / sizes.bits:.1f} times smaller than float32"),
            (
                "Huffman",
                f"{sizes.huffman_bits / BYTE:,.0f} bytes, {sizes.float_bits / sizes.huffman_bits:.1f} times smaller",
            ),
            (
                "energy",
                _energy_text(*energy),
            ),
            ("next", f"python -m hwgen show {out}"),
        ]
    )


def _energy_text(before: Energy, after: Energy) -> str:
    def pair(kind: str) -> str:
        return f"{getattr(after, kind) / 1e6:.3f} uJ an inference, dense int8 {getattr(before, kind) / 1e6:.3f}"

    return f"estimate at 45 nm; weights in SRAM: {pair('on_chip')}; in DRAM: {pair('off_chip')}"


def _cells(rows: Sequence[Row], index: int) -> tuple[object, ...]:
    """The step's name and its accuracies stand in its first row."""
    row = rows[index]
    first = index == 0 or rows[index - 1].name != row.name or row.layer == rows[0].layer

    def share(value: float | None) -> str | None:
        return None if value is None else f"{100 * value:.2f}"

    return (
        row.name if first else "",
        row.layer,
        row.bits_before / 1000,
        row.bits_after / 1000,
        percent(row.density),
        row.cycles,
        share(row.accuracy_before) if first else "",
        share(row.accuracy_after) if first else "",
    )


def _print_table(title: str, rows: Sequence[Any]) -> None:
    if not rows:
        return
    keys = list(rows[0])
    headings = [f"<{key}" if isinstance(rows[0][key], str) else key.replace("_", " ") for key in keys]
    print_facts([(title, "")])
    print_table(headings, [[_number(row[key]) for key in keys] for row in rows])


def _number(value: object) -> object:
    return f"{value:.2f}" if isinstance(value, float) else value
