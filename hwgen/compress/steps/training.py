"""The keys that all steps that train share, and the training itself. PyTorch is imported when it begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from hwgen.compress.steps.base import Context, Outcome, Progress, Step, check_choice, check_range
from hwgen.errors import ToolMissingError, UsageError
from hwgen.model import Model

if TYPE_CHECKING:
    from hwgen.compress.train.fit import Loss, Schedule
    from hwgen.compress.train.network import Network

PRECISIONS = ("float32", "bf16", "fp16")
PARALLEL = ("data", "model")
MAX_WORKERS = 64


@dataclass(frozen=True, kw_only=True)
class Training(Step):
    """``epochs`` over the data, with a learning-rate cycle up to ``rate``; 0 trains nothing.

    ``turn`` (radians, shear too), ``scale`` (relative), ``shift`` (image widths) and ``mirror`` (chance) distort images
    at random; ``image`` is the shape [C, H, W] of frames that are stored flat. ``workers`` processes share the batches
    (``parallel`` "data") or the rows of fully connected layers ("model").
    """

    epochs: int = 0
    rate: float = 1e-3
    batch: int = 128
    decay: float = 0.0
    turn: float = 0.0
    scale: float = 0.0
    shift: float = 0.0
    mirror: float = 0.0
    image: tuple[int, ...] = ()
    precision: str = "float32"
    workers: int = 1
    parallel: str = "data"

    def __post_init__(self) -> None:
        check_range(self.epochs, 0, 100_000, "epochs")
        check_range(self.rate, 0, 10, "rate")
        check_range(self.batch, 1, 1 << 20, "batch")
        check_range(self.decay, 0, 10, "decay")
        for key in ("turn", "scale", "shift", "mirror"):
            check_range(getattr(self, key), 0, 1, key)
        check_choice(self.precision, PRECISIONS, "precision")
        check_choice(self.parallel, PARALLEL, "parallel")
        check_range(self.workers, 1, MAX_WORKERS, "workers")
        if self.image and (len(self.image) != 3 or min(self.image) < 1):
            raise UsageError(f"is {list(self.image)}, must be [channels, height, width]", key="image")

    @property
    def trains(self) -> bool:
        return self.epochs > 0

    def schedule(self, model: Model, context: Context) -> Schedule:
        """For :func:`hwgen.compress.train.fit.fit`."""
        from hwgen.compress.train.distort import Distortion
        from hwgen.compress.train.fit import Schedule
        from hwgen.compress.train.precision import Precision

        shape = model.input.shape
        image = self.image or (shape if len(shape) == 3 else None)
        distortion = Distortion(self.turn, self.scale, self.shift, self.mirror, image)  # type: ignore[arg-type]
        if distortion.active and (image is None or _size(image) != _size(shape)):
            raise UsageError(
                f"frames of shape {list(shape)} are distorted as images of {list(image or ())}",
                key="image",
                hint="give image = [channels, height, width]",
            )
        return Schedule(
            epochs=self.epochs,
            learning_rate=self.rate,
            batch=self.batch,
            weight_decay=self.decay,
            seed=context.seed,
            distortion=distortion,
            precision=Precision(self.precision),
        )


def require_torch(step: str) -> None:
    """Raises ToolMissingError where PyTorch is not installed."""
    if find_spec("torch") is None:
        raise ToolMissingError(f"the step {step!r} trains and needs PyTorch", hint="pip install 'hwgen[train]'")


def network(model: Model, instead: Mapping[str, Any] | None = None) -> Network:
    """``model`` for training; what earlier steps did to weights is kept, but in the layers that ``instead`` names."""
    from hwgen.compress.train.hold import hold
    from hwgen.compress.train.network import Network

    net = Network(model)
    hold(net, instead)
    return net


def train(
    net: Network,
    step: Training,
    context: Context,
    *,
    loss: Loss | None = None,
    before_step: Callable[[float], None] = lambda _done: None,
) -> Model:
    """``net`` trained as ``step`` says, as a model; the rest of the context is data, seed and progress."""
    from hwgen.compress.train.data import Examples
    from hwgen.compress.train.fit import cross_entropy, fit

    examples = Examples.of(*context.labelled_frames(step.name))
    schedule = step.schedule(net.model, context)
    options: dict[str, Any] = {"loss": loss or cross_entropy, "before_step": before_step}

    fit(net, examples, schedule, progress=epochs_told(step.name, schedule.epochs, context), **options)
    return net.to_model()


def run_step(step: Step, model: Model, context: Context) -> Outcome:
    """``step.run``, on as many processes as the step asks for."""
    if not (isinstance(step, Training) and step.trains and step.workers > 1):
        return step.run(model, context)
    require_torch(step.name)
    from hwgen.compress.train.workers import on_workers

    # The caller's progress stays here: it cannot be sent to another process.
    task = partial(_run_quietly, step, model, replace(context, progress=_silent))
    return on_workers(step.workers, step.parallel, task, context.progress)


def _run_quietly(step: Step, model: Model, context: Context, progress: Progress) -> Outcome:
    return step.run(model, replace(context, progress=progress))


def _silent(_what: str, _done: float | None) -> None:
    pass


def epochs_told(name: str, epochs: int, context: Context) -> Callable[[float, float], None]:
    """The progress of a training: which epoch runs, and the loss when it began."""
    told = {"epoch": 0, "loss": ""}

    def progress(done: float, loss: float) -> None:
        epoch = min(int(done * epochs), epochs - 1) + 1
        if epoch != told["epoch"]:
            told.update(epoch=epoch, loss=f", loss {loss:.4f}" if epoch > 1 else "")
        context.progress(f"{name}: epoch {epoch} of {epochs}{told['loss']}", done)

    return progress


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for extent in shape:
        size *= extent
    return size
