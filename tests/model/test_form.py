"""The rules of the graph, on models that a script built; the file's side of them is in test_bad_files.py."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from hwgen.errors import ModelError
from hwgen.model import Flatten, Model
from hwgen.model.form import check_form
from tests.model.networks import NETWORKS, act, branches, of_layers


@pytest.mark.parametrize("name", NETWORKS)
def test_valid_models_pass(name: str) -> None:
    check_form(NETWORKS[name]())


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"name": None}, "name"),
        ({"input": None}, "input"),
        ({"layers": []}, "layers"),
        ({"layers": ("conv1",)}, "layers"),
        ({"outputs": ["best"]}, "outputs"),
        ({"outputs": ()}, "outputs"),
    ],
)
def test_what_a_script_may_get_wrong(changes: dict[str, Any], key: str) -> None:
    with pytest.raises(ModelError, match=f"key '{key}'"):
        check_form(replace(branches(), **changes))


def chain(count: int) -> Model:
    names = ["input", *(f"f{index}" for index in range(count))]
    layers = (Flatten(name=name, inputs=(before,), output=act(3)) for before, name in pairwise(names))
    return of_layers(act(3), *layers)


def test_at_most_512_layers() -> None:
    check_form(chain(512))
    with pytest.raises(ModelError, match="1 to 512 layers"):
        check_form(chain(513))


@pytest.mark.parametrize("inputs", [["input"], (), ("f1",), ("f0",), ("gone",), (3,)])
def test_inputs(inputs: Any) -> None:
    model = chain(2)
    first = replace(model.layers[0], inputs=inputs)
    with pytest.raises(ModelError, match="layer 'f0', key 'inputs'"):
        check_form(replace(model, layers=(first, model.layers[1])))


@pytest.mark.parametrize("text", ["a\n", "\x1b", "ä", "x" * 257, 3])
def test_source_op(text: Any) -> None:
    model = chain(1)
    with pytest.raises(ModelError, match="layer 'f0', key 'source_op'"):
        check_form(replace(model, layers=(replace(model.layers[0], source_op=text),)))


def test_an_argmax_that_is_read() -> None:
    model = branches()
    reader = Flatten(name="again", inputs=("best",), output=act(1, scale=1.0, zero_point=0))
    with pytest.raises(ModelError, match="layer 'best', key 'op': argmax ends a network"):
        check_form(replace(model, layers=(*model.layers, reader), outputs=("chances", "again")))
