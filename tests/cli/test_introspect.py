"""``qapigen introspect``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qapigen.cli.status import FINDINGS, FINE, TROUBLE
from qapigen.compiler.disk import read_source
from qapigen.compiler.passes.introspect import introspect
from qapigen.compiler.pipeline import analyze
from tests.cli.conftest import Call, one_error
from tests.cli.process import write_files


@pytest.mark.parametrize(
    ("options", "mask"),
    [((), True), (("--names", "masked"), True), (("--names", "unmasked"), False)],
)
def test_prints_the_list(call: Call, shop: Path, options: tuple[str, ...], mask: bool) -> None:
    found = call("introspect", shop, *options)
    assert (found.status, found.err) == (FINE, "")
    schema = analyze(str(shop), read_source).schema
    assert schema is not None
    assert json.loads(found.out) == introspect(schema, mask=mask)
    assert ('"Receipt"' in found.out) is not mask


def test_an_entity_a_line(call: Call, shop: Path) -> None:
    lines = call("introspect", shop).out.splitlines()
    assert (lines[0], lines[-1]) == ("[", "]")
    assert all(json.loads(line.strip().rstrip(","))["name"] for line in lines[1:-1])


def test_nothing(call: Call, tmp_path: Path) -> None:
    root = write_files(tmp_path, {"a.json": "{ 'struct': 'Unused', 'data': {} }"})
    assert call("introspect", root).out == "[]\n"


def test_wrong(call: Call, shop: Path) -> None:
    assert call("introspect", shop, "--names", "some").status == TROUBLE
    shop.write_text("{ 'command': 1 }")
    one_error(call("introspect", shop), FINDINGS)
