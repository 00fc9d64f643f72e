"""What editors show of generated code: pyright's hover, on which others are built as well."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.compiler.backends.python.language_server import LanguageServer
from tests.compiler.backends.python.packages import files_of, write

MODERN = """
{ 'pragma': { 'doc-required': true } }

##
# @Colour:
#
# A colour, see `Lamp`.
#
# @red: like fire, or @blue
#     when hot
#
#     .. note:: Not for the dark.
#
# @blue: cold
#
# .. note:: Mind the *heat*,
#    and the <glass>.
#
# .. warning::
#
#    - first
#    - second
#
# Since: 1.0
##
{ 'enum': 'Colour', 'data': [ 'red', 'blue' ] }

##
# @Lamp:
#
# What gives light.
#
# @on: whether it does
##
{ 'struct': 'Lamp', 'data': { 'on': 'bool' } }

##
# @set-lamp:
#
# Light it.  A price is 2 * 3 * 4.
#
# @colour: which one
#
#     It may be @colour again.
#
# @level: how bright::
#
#         0 ... 9
#
# Features:
#
# @deprecated: Use nothing.
#
# Returns: what was there
#
# Errors:
#     - If it is broken, GenericError
#
# .. qmp-example::
#    :title: In red
#
#    -> { "execute": "set-lamp",
#         "arguments": { "colour": "red" } }
#    <- { "return": {} }
#
# Since: 1.1
##
{ 'command': 'set-lamp', 'data': { 'colour': 'Colour', '*level': 'int' }, 'returns': 'Lamp',
  'features': [ 'deprecated' ] }

##
# @LAMP_LIT:
#
# It is lit.
#
# @colour: which one
#
# .. qmp-example::
#
#    <- { "event": "LAMP_LIT", "data": { "colour": "red" } }
#
# Since: 1.1
##
{ 'event': 'LAMP_LIT', 'data': { 'colour': 'Colour' } }
"""

OLD = """
##
# @put-out:
#
# Darkness.
#
# @soon: when
#
# Note: not by day
#
# Notes:
# * one
# * two
#
# Since: 0.1
#
# Example:
#
# -> { "execute": "put-out" }
# <- { "return": {} }
#
##
{ 'command': 'put-out', 'data': { '*soon': 'bool' } }
"""


def hovers(folder: Path, schema: str, dialect: str, use: str) -> dict[str, str]:
    if find_spec("pyright") is None:  # who only runs the tests may not have it
        pytest.skip("not installed: pyright")
    write(folder, files_of({"schema.json": schema}, "lamp", dialect=dialect))
    (folder / "use.py").write_text(use, encoding="utf-8")
    with LanguageServer(folder) as server:
        return server.hovers("use.py")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is shown of the modern schema, by name."""
    use = """
from lamp.types.schema import Colour
from lamp.client.schema import LampLitEvent
from lamp.commands.schema import SchemaCommands
from lamp.client import AsyncClient
Colour.RED
AsyncClient.set_lamp
"""
    return hovers(tmp_path_factory.mktemp("lamp"), MODERN, "modern", use)


def test_text_and_references(shown: dict[str, str]) -> None:
    assert "A colour, see `Lamp`." in shown["Colour"]
    assert "like fire, or `blue`\nwhen hot" in shown["RED"]
    assert "A price is 2 \\* 3 \\* 4." in shown["set_lamp"]  # pyright's escapes


def test_notes(shown: dict[str, str]) -> None:
    assert "Note: Mind the \\*heat\\*,\nand the &lt;glass&gt;." in shown["Colour"].replace(
        "  \n", "\n"
    )
    assert "Warning\n\n- first\n- second" in shown["Colour"]
    assert "Note: Not for the dark." in shown["RED"]


def test_examples(shown: dict[str, str]) -> None:
    example = """Example: In red

```text
-> { "execute": "set-lamp",
     "arguments": { "colour": "red" } }
<- { "return": {} }
```
"""
    assert example in shown["set_lamp"]
    event = """```text
<- { "event": "LAMP_LIT", "data": { "colour": "red" } }
```"""
    assert event in shown["LampLitEvent"]


def test_sections(shown: dict[str, str]) -> None:
    text = shown["set_lamp"]
    parts = [
        *(
            "Arguments\n",
            "- `colour`: which one",
            "It may be `colour` again.",
            "- `level`: how bright:",
        ),
        *("0 ... 9", "Features\n", "- `deprecated`: Use nothing.", "Returns: what was there"),
        *("Errors\n", "- If it is broken, GenericError", "Example: In red", "Since: 1.1"),
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert ".. " not in text.replace("0 ... 9", "")


def test_old_documentation(tmp_path: Path) -> None:
    use = "from lamp.commands.schema import SchemaCommands\nSchemaCommands.put_out\n"
    text = hovers(tmp_path, OLD, "2018", use)["put_out"]
    assert "- `soon`: when" in text
    assert "Note: not by day" in text
    assert "Notes\n\n- one\n- two" in text
    assert 'Example\n\n```text\n-> { "execute": "put-out" }\n<- { "return": {} }\n```' in text
