"""Runs beside another front end: a small one of the tests, for QEMU's own is not shipped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qapigen.compiler.pipeline import analyze
from tests.compiler.schema_texts import reader

from .differential import Peer, compare, run_beside
from .snippets import Snippets

#: Refuses schemas that have the word 'wrong' in their second line, and all with 'Errors'.
SCHEMA = """
from .error import QAPIError

class Text:
    def __init__(self, text):
        self.text = text

class Doc:
    symbol, args, features, sections = None, {}, {}, []
    def __init__(self, text):
        self.body = Text(text)

class QAPISchema:
    def __init__(self, path):
        with open(path) as file:
            lines = file.read().splitlines()
        if "crash" in lines[0]:
            raise AssertionError("oh")
        for number, line in enumerate(lines, 1):
            if "wrong" in line:
                raise QAPIError(f"In file included from x:1:\\n{path}: In it:\\n{path}:{number}:2: no")
        self.docs = [Doc(line[2:]) for line in lines if line.startswith("# ")]
"""


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Peer]:
    package = tmp_path / "scripts" / "qapi"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "error.py").write_text("class QAPIError(Exception): pass\n", encoding="utf-8")
    (package / "schema.py").write_text(SCHEMA, encoding="utf-8")
    peer = Peer(tmp_path)
    yield peer
    peer.close()


def test_answers(peer: Peer, tmp_path: Path) -> None:
    def ask(text: str) -> dict[str, Any]:
        path = tmp_path / "a.json"
        path.write_text(text, encoding="utf-8")
        answer = peer.ask(path)
        assert answer.get("file") in (None, str(path))
        return {key: answer[key] for key in ("verdict", "line", "docs") if key in answer}

    doc: dict[str, Any] = {
        "symbol": None,
        "body": "text",
        "members": [],
        "features": [],
        "sections": [],
    }
    assert ask("##\n# text\n##") == {"verdict": "accepted", "docs": [doc]}
    assert ask("\n\nwrong") == {"verdict": "refused", "line": 3}
    assert ask("crash") == {"verdict": "crashed"}
    assert ask("{ }") == {"verdict": "accepted", "docs": []}


RIGHT = "##\n# @aa:\n#\n# Text.\n#\n# Since: 1\n##\n{ 'command': 'aa' }"
BLOCK = {
    "symbol": "aa",
    "body": None,
    "members": [],
    "features": [],
    "sections": [[None, "\n Text.\n"], ["Since", "1"]],
}
WRONG = "\n{ 'command': 'aa', 'data': 'No' }"
REFUSED = {"verdict": "refused", "message": "a.json:2: no 'x'", "line": 2}


@pytest.mark.parametrize(
    ("text", "answer", "kind"),
    [
        (RIGHT, {"verdict": "accepted", "docs": [BLOCK]}, None),
        (RIGHT, {"verdict": "accepted", "docs": [{**BLOCK, "body": "More."}]}, "documentation"),
        (RIGHT, {"verdict": "accepted", "docs": [BLOCK, BLOCK]}, "documentation"),
        (RIGHT, REFUSED, "accepted: no _"),
        (RIGHT, {"verdict": "crashed", "message": "x"}, "accepted, where it crashes"),
        (WRONG, REFUSED, None),
        (WRONG, {**REFUSED, "line": 1}, "line: no _ / unknown-type"),
        (WRONG, {"verdict": "accepted", "docs": []}, "refused: unknown-type"),
        (WRONG, {"verdict": "crashed", "message": "x"}, None),
    ],
)
def test_comparing(text: str, answer: dict[str, Any], kind: str | None) -> None:
    found = compare(answer, analyze("root.json", reader(text), "modern"))
    assert (found and found[0]) == kind


def test_a_run(peer: Peer, tmp_path: Path) -> None:
    """What it finds has the seed with which it is found again."""
    pieces = {"aa": "{ 'command': 'aa' }\n", "bb": "{ 'command': 'bb', 'data': 'No' }\n"}
    outcome = run_beside(peer, Snippets("7.2", pieces), range(60), tmp_path)
    assert outcome.runs == 60 == outcome.accepted + outcome.refused + outcome.crashed
    refused = [each for each in outcome.found if each.kind == "refused: unknown-type"]
    assert refused
    seed = refused[0].seed
    again = run_beside(peer, Snippets("7.2", pieces), range(seed, seed + 1), tmp_path)
    assert again.found == refused[:1]
