"""The step distil."""

from __future__ import annotations

import pytest

from hwgen.compress.frames import accuracy
from hwgen.compress.steps.distil import DistilStep
from hwgen.compress.steps.finetune import FinetuneStep
from hwgen.errors import UsageError
from hwgen.model import save
from tests.compress.networks import mlp
from tests.compress.steps.contexts import context


def test_a_student_learns_from_its_teacher(tmp_path) -> None:
    pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")
    teacher = mlp(8, 12, 3)
    data = context(teacher)
    taught = FinetuneStep(epochs=10, batch=16, rate=0.05).run(teacher, data).model
    save(taught, tmp_path / "teacher.npz")
    step = DistilStep(teacher=str(tmp_path / "teacher.npz"), epochs=15, batch=16, rate=0.05, weight=1.0)
    student = step.run(mlp(8, 6, 3), data).model
    assert accuracy(student, data.test) > 0.9


def test_a_teacher_of_another_kind_is_refused(tmp_path) -> None:
    save(mlp(9, 3), tmp_path / "teacher.npz")
    model = mlp(8, 3)
    with pytest.raises(UsageError, match=r"the teacher takes \(9,\) and gives \(3,\)"):
        DistilStep(teacher=str(tmp_path / "teacher.npz")).run(model, context(model))
    with pytest.raises(UsageError, match="key 'temperature'"):
        DistilStep(temperature=0.0)
