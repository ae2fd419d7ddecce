"""``bench onnx-qdq``: files of ONNX Runtime's quantiser, their integers beside those of ONNX Runtime itself."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen import golden
from hwgen.bench.data import data_file, data_folder
from hwgen.bench.mnist import TEST_IMAGES, TEST_LABELS, TRAINING_IMAGES, images, labels
from hwgen.bench.mnist8 import MNIST_8
from hwgen.bench.result import Column, Result, Row, Table
from hwgen.errors import ToolMissingError
from hwgen.flow.process import Progress, silent
from hwgen.importers.onnx.convert import import_graph
from hwgen.model import Model

INSTALL = "pip install 'hwgen[onnxruntime]'"
OPSET = 21
DIVISOR = 255
CALIBRATION = 200
EVALUATED = 100
"""Images that onnx's reference evaluator, which is slow, computes as well."""

Floats = NDArray[np.float32]
Runner = Callable[[bytes, Floats], Floats]
"""The outputs of a file for frames."""


@dataclass(frozen=True)
class Format:
    """What ``quantize_static`` is told."""

    title: str
    activations: str
    weights: str
    per_channel: bool


FORMATS = (
    Format("int8, weights int8 per channel", "QInt8", "QInt8", per_channel=True),
    Format("uint8, weights int8 per tensor", "QUInt8", "QInt8", per_channel=False),
    Format("uint8, weights uint8 per tensor", "QUInt8", "QUInt8", per_channel=False),
)


def onnx_qdq(*, folder: Path | None = None, progress: Progress = silent) -> Result:
    """Measure.

    Raises
    ------
    UsageError
        A file is missing.
    ToolMissingError
        ONNX Runtime is not installed.
    """
    data = data_folder(folder)
    network = data_file(MNIST_8, data).read_bytes()
    frames, classes = _real(images(TEST_IMAGES, data)), labels(TEST_LABELS, data)
    training = _real(images(TRAINING_IMAGES, data)[:CALIBRATION])
    rows = []
    for title, content in quantised(network, training, FORMATS, progress).items():
        progress(title, None)
        rows.append(compared(title, content, frames, classes, runtime, evaluator))
    return Result(
        name="onnx-qdq",
        summary=(
            "ONNX's example network mnist-8, quantised by ONNX Runtime's `quantize_static` (QDQ) in three formats and "
            "imported as it is: the golden model's integers beside those of ONNX Runtime on "
            f"{len(frames):,} test images of MNIST, and of onnx's reference evaluator on the first {EVALUATED}. The "
            "quantiser leaves biases as additions of their own between two quantisations: an image passes seven "
            "roundings."
        ),
        rows=rows,
        tables=[_table(rows)],
    )


def quantised(
    network: bytes, training: Floats, formats: Iterable[Format], progress: Progress = silent
) -> dict[str, bytes]:
    """The files of ONNX Runtime's quantiser by title.

    Raises
    ------
    ToolMissingError
        It is not installed.
    """
    try:
        import onnx
        from onnx import version_converter
        from onnxruntime import quantization
    except ImportError:
        raise ToolMissingError("ONNX Runtime is not installed", hint=INSTALL) from None
    model = onnx.load_model_from_string(network)
    # Files of ONNX's first versions list initialisers as inputs too.
    names = {tensor.name for tensor in model.graph.initializer}
    (source,) = inputs = [value for value in model.graph.input if value.name not in names]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    model.ir_version = onnx.IR_VERSION_2023_5_5
    found = {}
    with tempfile.TemporaryDirectory(prefix="hwgen-") as scratch:
        plain, small = Path(scratch) / "plain.onnx", Path(scratch) / "small.onnx"
        onnx.save(version_converter.convert_version(model, OPSET), plain)
        for form in formats:
            progress(form.title, None)
            quantization.quantize_static(
                plain,
                small,
                _Reader(source.name, training),
                quant_format=quantization.QuantFormat.QDQ,
                activation_type=quantization.QuantType[form.activations],
                weight_type=quantization.QuantType[form.weights],
                per_channel=form.per_channel,
            )
            found[form.title] = small.read_bytes()
    return found


class _Reader:
    """Calibration frames as ``quantize_static`` asks for them."""

    def __init__(self, name: str, frames: Floats) -> None:
        self._frames = iter([{name: frame[None]} for frame in frames])

    def get_next(self) -> Mapping[str, Floats] | None:
        return next(self._frames, None)


def runtime(content: bytes, frames: Floats) -> Floats:
    """ONNX Runtime on one thread, optimised as it comes."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    (source,) = session.get_inputs()
    return np.concatenate([session.run(None, {source.name: frame[None]})[0] for frame in frames])


def evaluator(content: bytes, frames: Floats) -> Floats:
    """Onnx's reference evaluator."""
    from onnx.reference import ReferenceEvaluator

    found = ReferenceEvaluator(content)
    (name,) = found.input_names
    return np.concatenate([found.run(None, {name: frame[None]})[0] for frame in frames])


def compared(
    title: str, content: bytes, frames: Floats, classes: NDArray[np.uint8], first: Runner, second: Runner
) -> dict[str, Any]:
    """The model's integers beside those of both runners, the second on EVALUATED frames."""
    model = import_graph(content, name="network", file=f"{title}.onnx")
    found = golden.infer(model, _inputs(model, frames))
    assert isinstance(found, np.ndarray)
    integers = found.astype(np.int64)
    reference = _integers(model, first(content, frames))
    checked = _integers(model, second(content, frames[:EVALUATED]))
    return {
        "format": title,
        "layers": len(model.layers),
        "images": len(frames),
        "values": integers.size,
        "unlike_runtime": int(np.count_nonzero(integers != reference)),
        "greatest": int(np.abs(integers - reference).max()),
        "evaluated": checked.size,
        "unlike_evaluator": int(np.count_nonzero(integers[:EVALUATED] != checked)),
        "accuracy": float(np.mean(integers.argmax(axis=1) == classes)),
        "runtime_accuracy": float(np.mean(reference.argmax(axis=1) == classes)),
    }


def _real(pixels: NDArray[np.uint8]) -> Floats:
    return (pixels / DIVISOR).astype(np.float32)


def _inputs(model: Model, frames: Floats) -> NDArray[np.integer]:
    """As QuantizeLinear defines them: in float32, halves to even."""
    given = model.input
    q = np.rint(frames / np.float32(given.scale)) + given.zero_point
    return np.asarray(np.clip(q, given.min, given.max).astype(given.dtype)).reshape(len(frames), *given.shape)


def _integers(model: Model, outputs: Floats) -> NDArray[np.int64]:
    output = model.activation(model.outputs[0])
    q = np.rint(outputs.astype(np.float64) / output.scale) + output.zero_point
    return q.astype(np.int64).reshape(len(outputs), *output.shape)


def _share(value: float) -> str:
    return f"{100 * value:.2f}"


def _table(rows: Sequence[Row]) -> Table:
    return Table(
        "Integers of quantised files",
        [
            Column("<activations", "format"),
            Column("layers", "layers"),
            Column("images", "images"),
            Column("values", "values"),
            Column("unlike ONNX Runtime", "unlike_runtime"),
            Column("greatest difference", "greatest"),
            Column("values evaluated", "evaluated"),
            Column("unlike evaluator", "unlike_evaluator"),
            Column("hwgen %", "accuracy", _share),
            Column("ONNX Runtime %", "runtime_accuracy", _share),
        ],
        rows,
    )
