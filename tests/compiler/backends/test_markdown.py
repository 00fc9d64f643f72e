"""Pages of small schemas, construct by construct.  The snapshots are to be read in review."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from syrupy.assertion import SnapshotAssertion

from qapigen.compiler.pipeline import Result
from tests.compiler.backends.markdown_pages import (
    broken_links,
    render,
    schema_of,
)

Compile = Callable[..., Result]

ENUM = """
##
# @Colour:
#
# What it looks like.  See `Paint`.
#
# @red: Like @blue, but warmer.
#
# @blue: Cold.  (since 1.2)
#
#     Second paragraph:
#
#     - one
#     - two
#
# @x-new: Nobody knows.
#
# Features:
#
# @unstable: Only @x-new is.
#
# @vivid: A feature of its own.
#
# @x-plain: Only if it is.
#
# TODO: nothing to see
#
# Since: 1.0
##
{ 'enum': 'Colour', 'if': { 'any': ['CONFIG_A', { 'not': 'CONFIG_B' }] },
  'features': [ 'vivid', { 'name': 'x-plain', 'if': 'CONFIG_PLAIN' } ],
  'data': [ 'red', { 'name': 'blue', 'if': 'CONFIG_BLUE' },
            { 'name': 'x-new', 'features': ['unstable', 'vivid'] } ] }
"""

STRUCTS = """
##
# @Thing:
#
# @name: How it is called.
##
{ 'struct': 'Thing', 'data': { 'name': 'str', '*parts': ['Thing'] } }

##
# @Box:
#
# A thing with things in it; @name is on its lid.
#
# @contents: What is inside.  The default is nothing.
#
# Features:
# @deprecated: @contents tells too much.
#
# .. note:: It may be large.
##
{ 'struct': 'Box', 'base': 'Thing',
  'data': { '*contents': { 'type': ['Thing'], 'if': 'CONFIG_BOX', 'features': ['deprecated'] } } }

##
# @Crate:
##
{ 'struct': 'Crate', 'base': 'Box', 'data': {} }
"""

UNIONS = """
##
# @Kind:
#
# @wood: Grows.
#
# @steel: Rusts.
#
# @air: Is free.
##
{ 'enum': 'Kind', 'data': [ 'wood', 'steel', { 'name': 'air', 'if': 'CONFIG_AIR' } ] }

##
# @Wood:
#
# @age: In years.
##
{ 'struct': 'Wood', 'data': { 'age': 'int' } }

##
# @Material:
#
# @kind: Which one.
#
# @mass: In kilograms.
#
# Since: 2.0
##
{ 'union': 'Material', 'base': { 'kind': 'Kind', '*mass': 'number' },
  'discriminator': 'kind',
  'data': { 'wood': 'Wood', 'steel': { 'type': 'Wood', 'if': 'CONFIG_STEEL' } } }

##
# @MaterialOrName:
#
# @full: All about it.
#
# @name: Just its name.
##
{ 'alternate': 'MaterialOrName', 'data': { 'full': 'Material', 'name': 'str' } }
"""

COMMANDS = """
##
# ****
# Work
# ****
#
# What can be done.
##

##
# @Job:
#
# @id: Its number.
##
{ 'struct': 'Job', 'data': { 'id': 'int' } }

##
# @start:
#
# Begin.
#
# @speed: How fast; see `done` and @Job.
#
# Features:
#
# @unstable: May change.
#
# Returns: The new job.
#
# Errors:
#     - If @speed is bad, GenericError
#     - If tired,
#       DeviceNotActive
#
# Since: 1.0
#
# .. qmp-example::
#
#     -> { "execute": "start" }
#     <- { "return": { "id": 1 } }
##
{ 'command': 'start', 'data': { '*speed': 'int' }, 'returns': 'Job', 'features': ['unstable'],
  'allow-oob': true }

##
# @list-jobs:
#
# All of them.
##
{ 'command': 'list-jobs', 'returns': ['Job'], 'coroutine': true, 'allow-preconfig': true }

##
# @cancel:
#
# Stop one.
##
{ 'command': 'cancel', 'data': 'Job', 'boxed': true, 'success-response': false, 'gen': false }

##
# @DONE:
#
# It is over.
#
# @job: The one that is.
##
{ 'event': 'DONE', 'data': { 'job': 'Job' }, 'if': 'CONFIG_JOBS' }

##
# @TIRED:
#
# No more today.
##
{ 'event': 'TIRED' }
"""

CLASSIC = """
##
# = Old times
#
# Things *were* different.
#
# == How
#
# 1. By hand
# 2. By _horse_
##

##
# @Horse:
#
# @name: what to call it
#        from afar
#
# @age: if known (since 0.2)
#
# Since: 0.1
##
{ 'struct': 'Horse', 'data': { 'name': 'str', '*age': 'int', 'legs': 'int' } }

##
# @Ride:
##
{ 'union': 'Ride', 'data': { 'horse': 'Horse', 'all': ['Horse'] } }

##
# @mount:
# Get on.
# @horse: the @Horse
#
# Returns: nothing on success
#          If @horse is away, GenericError
#
# Notes: 1. Mind the legs
#        2. All four
#
# Example:
#
# 1. Mount
#
# -> { "execute": "mount",
#      "arguments": { "horse": "x" } }
# <- { "return": {} }
#
# Since: 0.1
##
{ 'command': 'mount', 'data': { 'horse': 'str' } }
"""


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        pytest.param(ENUM, "modern", id="enum"),
        pytest.param(STRUCTS, "7.2", id="structs"),
        pytest.param(UNIONS, "modern", id="unions"),
        pytest.param(COMMANDS, "modern", id="commands"),
        pytest.param(CLASSIC, "2018", id="classic"),
    ],
)
def test_page(compile_text: Compile, snapshot: SnapshotAssertion, text: str, dialect: str) -> None:
    result = compile_text(text, dialect=dialect, backends=("markdown",))
    assert result.files is not None, result.analysis.diagnostics
    assert list(broken_links(result.files)) == []
    assert result.files["docs/qapi/schema.md"] == snapshot


def test_index(compile_text: Compile, snapshot: SnapshotAssertion) -> None:
    files = {
        "main.json": "##\n# ****\n# Shop\n# ****\n#\n# All of it.  Really.\n##\n"
        "{ 'include': 'lib/work.json' }\n{ 'include': 'bare.json' }\n",
        "lib/work.json": COMMANDS,
        "bare.json": "{ 'enum': 'Any', 'data': ['a'] }",
    }
    result = compile_text(files, dialect="modern", backends=("markdown",))
    assert result.files is not None, result.analysis.diagnostics
    assert list(broken_links(result.files)) == []
    assert list(result.files) == [
        *(
            "docs/qapi/bare.md",
            "docs/qapi/index.md",
            "docs/qapi/lib/work.md",
            "docs/qapi/main.md",
        )
    ]
    assert result.files["docs/qapi/index.md"] == snapshot


def test_index_of_nothing() -> None:
    assert render(schema_of([]), [])["docs/example/index.md"] == "# Reference\n"
