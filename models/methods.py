"""What two methods of training gain, three seeds each.

``python models/methods.py dsd DATA``: dense-sparse-dense; ``python models/methods.py distil DATA TEACHER.npz``: a
small student with and without a teacher, on a tenth of the images. DATA is a folder that models/idx.py wrote. Needs
the extra ``train``; prints a table.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from statistics import mean

import numpy as np
from lenet import lenet300

from hwgen.compress.train.data import Examples
from hwgen.compress.train.distil import distillation
from hwgen.compress.train.dsd import dense_sparse_dense
from hwgen.compress.train.fit import Loss, Schedule, accuracy, cross_entropy, fit
from hwgen.compress.train.network import Network
from hwgen.model import Model, load

SEEDS = (0, 1, 2)
START = Schedule(epochs=6, learning_rate=2e-3, batch=256)
SPARSE = Schedule(epochs=6, learning_rate=2e-3, batch=256)
DENSE_EPOCHS = 4
DENSITY = 0.3
STUDENT = (100,)
FEW = 6_000
TAUGHT = Schedule(epochs=40, learning_rate=2e-3, batch=128)
TEMPERATURE, WEIGHT = 8.0, 0.9


def trained(model: Model, examples: Examples, schedule: Schedule, loss: Loss = cross_entropy) -> Model:
    net = Network(model)
    fit(net, examples, schedule, loss=loss)
    return net.to_model()


def error(model: Model, examples: Examples) -> float:
    """Per cent."""
    return 100 * (1 - accuracy(Network(model), examples))


def row(name: str, errors: list[float]) -> str:
    return f"| {name} | {' | '.join(f'{one:.2f}' for one in errors)} | {mean(errors):.2f} |"


def table(title: str, rows: dict[str, list[float]]) -> None:
    print(f"\n| {title}, error % | {' | '.join(f'seed {seed}' for seed in SEEDS)} | mean |")
    print(f"|---|{'---:|' * (len(SEEDS) + 1)}")
    for name, errors in rows.items():
        print(row(name, errors))


def dsd(train: Examples, test: Examples) -> None:
    """The network that is pruned and grows again against its start, and against a start that trains as long."""
    longer = replace(SPARSE, epochs=SPARSE.epochs + DENSE_EPOCHS)
    rows: dict[str, list[float]] = {"start": [], "sparse": [], "dense again (DSD)": [], "start, trained as long": []}
    for seed in SEEDS:
        start = trained(lenet300(seed), train, replace(START, seed=seed))
        sparse, dense = dense_sparse_dense(start, train, replace(SPARSE, seed=seed), DENSITY, DENSE_EPOCHS)
        longest = trained(start, train, replace(longer, seed=seed))
        for errors, model in zip(rows.values(), (start, sparse, dense, longest), strict=True):
            errors.append(error(model, test))
    table("LeNet-300-100", rows)


def distil(teacher: Model, train: Examples, test: Examples) -> None:
    """The same students from the same starts, with labels alone and with the teacher's soft outputs."""
    taught = distillation(Network(teacher).eval(), TEMPERATURE, WEIGHT)
    name = f"784-{'-'.join(map(str, STUDENT))}-10 on {len(train):,} images, teacher {error(teacher, test):.2f} %"
    rows: dict[str, list[float]] = {"alone": [], "distilled": []}
    for seed in SEEDS:
        for loss, errors in zip((cross_entropy, taught), rows.values(), strict=True):
            student = trained(lenet300(seed, STUDENT), train, replace(TAUGHT, seed=seed), loss)
            errors.append(error(student, test))
    table(name, rows)


def main() -> None:
    """One of both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("method", choices=("dsd", "distil"))
    parser.add_argument("data", type=Path)
    parser.add_argument("teacher", type=Path, nargs="?", help="a float model of flat frames")
    arguments = parser.parse_args()
    train, test = (
        Examples.of(np.load(arguments.data / f"{split}_x_flat.npy"), np.load(arguments.data / f"{split}_y.npy"))
        for split in ("train", "test")
    )
    if arguments.method == "dsd":
        dsd(train, test)
    elif arguments.teacher is None:
        parser.error("distil needs a teacher")
    else:
        distil(load(arguments.teacher), Examples(train.frames[:FEW], train.labels[:FEW]), test)


if __name__ == "__main__":
    main()
