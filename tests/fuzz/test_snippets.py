"""Snippets of schemas: whole definitions, with what they need."""

from __future__ import annotations

import random
from pathlib import Path

from qapigen.compiler.pipeline import analyze
from tests.compiler.schema_texts import reader, shown

from .campaign import run
from .snippets import Snippets, damage, of_releases, pieces

TEXT = """\
# a comment

##
# @One:
#
# @a: x
##
{ 'struct': 'One',
  'data': { 'a': 'Two' } }
{ 'enum': 'Two', 'data': [ 'b',
                           'c' ] }

##
# = Free
##

{ 'include': 'x.json' }
{ 'command': 'three', 'returns': 'One' }
"""


def test_pieces_are_definitions_with_their_documentation() -> None:
    one, two, three = pieces(TEXT)
    assert one.startswith("##\n# @One:")
    assert one.endswith("'Two' } }\n")
    assert two == "{ 'enum': 'Two', 'data': [ 'b',\n                           'c' ] }\n"
    assert three.startswith("{ 'command': 'three'")


def test_a_snippet_has_what_it_needs() -> None:
    snippets = Snippets.of("7.2", [TEXT])
    for seed in range(20):
        text = snippets.draw(random.Random(seed))
        found = analyze("root.json", reader(text), "7.2")
        assert found.schema is not None, shown(found.diagnostics)


def test_damage_is_small_and_the_same_for_a_seed() -> None:
    changed = [damage(random.Random(seed), TEXT) for seed in range(100)]
    assert changed == [damage(random.Random(seed), TEXT) for seed in range(100)]
    assert 10 < sum(text == TEXT for text in changed) < 50
    assert len(set(changed)) > 50


def test_every_release_has_snippets_that_are_right(corpus: Path) -> None:
    """But for what only pragmas permit, which stand in no snippet."""
    found = of_releases(corpus)
    assert len(found) >= 13
    for snippets in found:
        rng = random.Random(1)
        texts = [snippets.draw(rng) for _ in range(40)]
        read = [analyze("root.json", reader(text), snippets.release) for text in texts]
        assert sum(each.schema is not None for each in read) > 20, snippets.release


def test_a_campaign_over_every_release(corpus: Path) -> None:
    outcome = run(of_releases(corpus), range(400))
    assert outcome.crashes == []
    assert outcome.accepted > 50
    assert outcome.rejected > 50
    assert len(outcome.codes) > 40
