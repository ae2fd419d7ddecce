"""Types and contents of initialisers."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, numpy_helper

from hwgen.errors import ModelError
from tests.importers.onnx.small import refused, small


def test_types_of_constants() -> None:
    model = small()
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.zeros((2, 1, 2, 2), np.float16), "c0"))
    assert refused(model) == "net.onnx: the initialiser 'c0' is FLOAT16 (export in float32)"
    model.graph.initializer[0].data_type = 4711
    assert "the initialiser 'c0' is type 4711 (use float32, or QDQ integers)" in refused(model)


def test_a_constant_that_does_not_fill_its_shape() -> None:
    model = small()
    model.graph.initializer[0].dims[0] = 3
    assert refused(model, ModelError) == (
        "net.onnx: the initialiser 'c0' does not fill its shape [3, 1, 2, 2] (export it again)"
    )


def test_weights_in_another_file() -> None:
    model = small()
    model.graph.initializer[0].data_location = TensorProto.EXTERNAL
    message = (
        "net.onnx: the initialiser 'c0' lies in another file (save it with onnx.save(model, file, save_as_external"
    )
    assert refused(model).startswith(message)
