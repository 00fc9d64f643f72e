"""``qapigen ir``."""

from __future__ import annotations

import json
from pathlib import Path

from qapigen.cli.status import FINDINGS, FINE, TROUBLE
from qapigen.compiler.backends.facts import facts
from qapigen.compiler.disk import read_source
from qapigen.compiler.pipeline import analyze
from tests.cli.conftest import Call, one_error


def test_prints_the_facts(call: Call, shop: Path) -> None:
    found = call("ir", shop)
    assert (found.status, found.err) == (FINE, "")
    assert found.out.endswith("}\n")
    schema = analyze(str(shop), read_source).schema
    assert schema is not None
    assert json.loads(found.out) == facts(schema)


def test_format(call: Call, shop: Path) -> None:
    assert call("ir", "--format", "json", shop) == call("ir", shop)
    assert call("ir", "--format", "yaml", shop).status == TROUBLE


def test_nothing_but_errors(call: Call, shop: Path) -> None:
    shop.write_text("{ 'command': 1 }")
    one_error(call("ir", shop), FINDINGS)


def test_ascii(call: Call, tmp_path: Path) -> None:
    """Readable by every JSON reader on every terminal."""
    (tmp_path / "ü.json").write_text("{ 'command': 'go' }")
    found = call("ir", tmp_path / "ü.json")
    assert found.out.isascii()
    assert json.loads(found.out)["modules"][0]["name"] == "ü.json"
