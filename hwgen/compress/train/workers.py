"""Running a step on several processes of this machine."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from queue import Empty
from typing import Any, TypeVar

import torch
from torch import distributed, multiprocessing

from hwgen.compress.train.distributed import current
from hwgen.errors import HwgenError, ToolMissingError

T = TypeVar("T")
Progress = Callable[[str, float | None], None]
POLL = 0.2


def on_workers(size: int, mode: str, task: Callable[[Progress], T], progress: Progress) -> T:
    """``task`` in ``size`` processes that train together; the result of the first.

    ``task`` is pickled: a partial of a function on module level. What the first process reports reaches ``progress``.

    Raises
    ------
    HwgenError
        The task's own.
    ToolMissingError
        This build of PyTorch has no gloo.
    """
    if not (distributed.is_available() and distributed.is_gloo_available()):
        raise ToolMissingError("this PyTorch cannot train on several processes", hint="leave workers out")
    with tempfile.TemporaryDirectory() as folder:
        context = multiprocessing.get_context("spawn")
        told: Any = context.Queue()
        running = multiprocessing.start_processes(
            _work, (size, mode, task, folder, told), size, join=False, start_method="spawn"
        )
        assert running is not None
        while not running.join(POLL):
            _tell(told, progress)
        _tell(told, progress)
        result = torch.load(Path(folder) / "result", weights_only=False)
    if isinstance(result, HwgenError):
        raise result
    return result


def _work(rank: int, size: int, mode: str, task: Callable[[Progress], object], folder: str, told: Any) -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
    distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=size)
    current.mode, current.rank, current.size = mode, rank, size

    def progress(what: str, done: float | None) -> None:
        if rank == 0:
            told.put((what, done))

    try:
        result: object = task(progress)
    except HwgenError as error:
        # All processes come to the same error, since all know the same.
        result = error
    if rank == 0:
        torch.save(result, Path(folder) / "result")
    distributed.barrier()
    distributed.destroy_process_group()


def _tell(told: Any, progress: Progress) -> None:
    try:
        while True:
            progress(*told.get_nowait())
    except Empty:
        return
