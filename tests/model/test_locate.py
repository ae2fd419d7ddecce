from __future__ import annotations

import pytest

from hwgen.errors import ModelError
from hwgen.model.locate import located


def test_what_is_missing_is_added_and_what_is_known_is_kept() -> None:
    with pytest.raises(ModelError) as caught, located(file="a.npz", layer="outer"), located(layer="inner"):
        raise ModelError("is wrong", key="bias", hint="mend it")
    assert str(caught.value) == "a.npz, layer 'inner', key 'bias': is wrong (mend it)"
    assert caught.value.__suppress_context__


def test_other_errors_pass() -> None:
    with pytest.raises(ZeroDivisionError), located(file="a.npz"):
        raise ZeroDivisionError
