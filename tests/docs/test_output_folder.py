"""docs/output-folder.md: its tables name the counters that a core has, and no others."""

from __future__ import annotations

import re

from hwgen.plan.counters import BITS, DENSE, PREFIX, SPARSE
from tests.docs.pages import ROOT, text

PAGE = text(ROOT / "docs" / "output-folder.md")


def test_every_counter_is_explained_and_no_other() -> None:
    listed = re.findall(rf"^\| `{PREFIX}(\w+)` \| ", PAGE, re.MULTILINE)
    assert tuple(listed) == DENSE + SPARSE
    assert f"read-only ports of {BITS} bits" in PAGE
    assert f"has `{PREFIX}{DENSE[0]}` alone" in PAGE
