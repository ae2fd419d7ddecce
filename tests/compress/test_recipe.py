"""Recipes: what they say, and what they say wrong."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from hwgen.compress.recipe import parse_recipe, read_recipe
from hwgen.compress.steps import STEPS
from hwgen.compress.steps.prune import PruneStep
from hwgen.compress.steps.quantise import QuantiseStep
from hwgen.compress.steps.training import Training
from hwgen.errors import UsageError

TEXT = """
[train]
rate = 0.01
image = [1, 28, 28]
[[step]]
name = "prune"
density = { conv1 = 0.5, fc1 = 1 }
epochs = 3
[[step]]
name = "quantise"
per_channel = false
rate = 1
[[step]]
name = "huffman"
"""


def test_keys_and_defaults(tmp_path) -> None:
    (tmp_path / "r.toml").write_text(TEXT)
    prune, quantise, huffman = read_recipe(tmp_path / "r.toml")
    assert prune == PruneStep(density={"conv1": 0.5, "fc1": 1.0}, epochs=3, rate=0.01, image=(1, 28, 28))
    assert quantise == QuantiseStep(per_channel=False, rate=1.0, image=(1, 28, 28))
    assert huffman == STEPS["huffman"]()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "key 'step': the recipe has no steps"),
        ("x = 1", "key 'x': is unknown"),
        ("step = 1", "has no steps"),
        ("[[step]]\ndensity = 1", "key 'step 1': has no name"),
        ("[[step]]\nname = 'odd'", "key 'step 1': there is no step 'odd' (one of sensitivity, lowrank, prune"),
        ("[[step]]\nname = 'prune'\ndensty = 1", "key 'step 1 (prune): densty': is unknown (it has"),
        ("[[step]]\nname = 'prune'\ndensity = 'low'", "key 'step 1 (prune): density': must be a number, not 'low'"),
        ("[[step]]\nname = 'prune'\ndensity = true", "must be a number, not True"),
        ("[[step]]\nname = 'share'\nbits = 2.5", "key 'step 1 (share): bits': must be an integer, not 2.5"),
        ("[[step]]\nname = 'share'\nbits = 9", "key 'step 1 (share): bits': is 9, must lie in 2..8"),
        ("[[step]]\nname = 'finetune'\nimage = 3", "must be a list, not 3"),
        ("[train]\nepochs = 3\n[[step]]\nname = 'huffman'", "key 'train.epochs': is unknown"),
        ("[train]\nrate = -1\n[[step]]\nname = 'share'", "key 'step 1 (share): rate'"),
        ("[[step]\n", "is no TOML"),
    ],
)
def test_one_error_that_says_where(tmp_path, text: str, error: str) -> None:
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        read_recipe(tmp_path / "r.toml")
    assert error in str(caught.value)
    assert caught.value.file == str(tmp_path / "r.toml")


def test_a_file_that_is_not_there(tmp_path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_recipe(tmp_path / "r.toml")
    (tmp_path / "r.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="is no TOML"):
        read_recipe(tmp_path / "r.toml")


@pytest.mark.parametrize("name", STEPS)
def test_every_step_takes_no_keys_or_says_which_it_needs(name: str) -> None:
    if name in ("prune", "lowrank"):
        with pytest.raises(UsageError, match=rf"step 1 \({name}\): .*needs one of"):
            parse_recipe({"step": [{"name": name}]})
        return
    (step,) = parse_recipe({"step": [{"name": name}]})
    assert step.name == name


VALUES = {
    "svd", "tucker2", "separable", "magnitude", "global", "balanced", "columns", "channels", "linear", "density",
    "random", "twn", "ttq", "xnor", "connect", "min_max", "percentile", "mse", "bits", "cycles",
}  # fmt: skip
"""Words that are values of keys."""
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "compress.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted((ROOT / "models" / "recipes").glob("*.toml")), ids=lambda path: path.stem)
def test_the_models_recipes_are_valid(path: Path) -> None:
    assert read_recipe(path)


def test_the_pages_example_is_valid(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "r.toml").write_text(example)
    assert [step.name for step in read_recipe(tmp_path / "r.toml")] == [
        "prune",
        "share",
        "quantise",
        "encode",
        "huffman",
    ]


@pytest.mark.parametrize("name", STEPS)
def test_every_key_of_a_step_is_documented_and_no_other(name: str) -> None:
    (row,) = re.findall(rf"^\| `{name}` \|.*?\|(.*)\|$", PAGE, re.MULTILINE)
    shared = {field.name for field in fields(Training)} if issubclass(STEPS[name], Training) else set()
    own = {field.name for field in fields(STEPS[name])} - shared
    words = set(re.findall(r"`([a-z_]+)`", row))
    assert own <= words
    assert words <= own | VALUES | {"epochs"}
    assert ("training" in row) == bool(shared)


def test_every_key_of_training_is_documented() -> None:
    section = PAGE[PAGE.index("## Training") :]
    for field in fields(Training):
        assert f"`{field.name}`" in section, field.name
