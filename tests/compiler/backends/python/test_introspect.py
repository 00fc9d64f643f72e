"""The generated introspection data."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

from qapigen.compiler.passes.introspect import introspect
from qapigen.compiler.pipeline import analyze
from tests.compiler.backends.python.constructs import CONSTRUCTS
from tests.compiler.backends.python.packages import files_of


def test_is_the_list(constructs_folder: Path) -> None:
    module = import_module("demo_introspection.introspect")
    files = CONSTRUCTS["introspection"].files
    schema = analyze("demo.json", files.__getitem__, "modern").schema
    assert schema is not None
    assert module.query_qmp_schema() == introspect(schema)
    assert json.loads(module.SCHEMA_JSON) == introspect(schema)


def test_each_answer_is_its_own(constructs_folder: Path) -> None:
    module = import_module("demo_introspection.introspect")
    module.query_qmp_schema().clear()
    assert module.query_qmp_schema()


def test_an_entity_a_line(constructs_folder: Path) -> None:
    module = import_module("demo_introspection.introspect")
    lines = module.SCHEMA_JSON.splitlines()
    assert (lines[0], lines[-1]) == ("[", "]")
    assert [json.loads(line.rstrip(",")) for line in lines[1:-1]] == module.query_qmp_schema()


def test_names_unmasked() -> None:
    files = CONSTRUCTS["introspection"].files
    text = files_of(files, "demo", mask=False, backends=("introspect",))["demo/introspect.py"]
    assert '"name": "Job"' in text
    assert '"name": "q_obj_set-job-arg"' in text


def test_of_nothing(constructs_folder: Path) -> None:
    assert import_module("demo_nothing.introspect").query_qmp_schema() == []
