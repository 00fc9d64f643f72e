"""``qapigen check``."""

from __future__ import annotations

from pathlib import Path

from qapigen.cli.status import FINDINGS, FINE
from tests.cli.conftest import Call, one_error
from tests.cli.process import write_files


def test_good(call: Call, shop: Path) -> None:
    found = call("check", shop)
    assert (found.status, found.out) == (FINE, "")
    assert found.err == "no errors in 5 definitions (dialect modern)\n"


def test_bad(call: Call, tmp_path: Path) -> None:
    root = write_files(tmp_path, {"a.json": "{ 'command': 'go', 'returns': 'Way' }\n"})
    found = call("check", root)
    assert "unknown type 'Way'" in one_error(found, FINDINGS)
    assert "{ 'command': 'go', 'returns': 'Way' }\n" in found.err  # the line, with a mark below
    assert "^^^^^" in found.err


def test_writes_nothing(call: Call, shop: Path) -> None:
    before = sorted(shop.parent.rglob("*"))
    call("check", shop)
    assert sorted(shop.parent.rglob("*")) == before
