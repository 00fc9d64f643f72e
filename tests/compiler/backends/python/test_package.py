"""What the backends of one run share, and that different runs share nothing."""

from __future__ import annotations

from qapigen.compiler.backends import Request
from qapigen.compiler.backends.python.package import Package, package_of
from qapigen.compiler.emit.render import Renderer
from tests.compiler.backends.python.test_names import schema_of

SCHEMA = """
{ 'enum': 'InStruct', 'data': [ 'a' ] }
{ 'enum': 'InBase', 'data': [ 'a' ] }
{ 'enum': 'InAlternate', 'data': [ 'a' ] }
{ 'enum': 'InCommand', 'data': [ 'a' ] }
{ 'struct': 'InReturns', 'data': { 'a': 'str' } }
{ 'enum': 'InEvent', 'data': [ 'a' ] }
{ 'enum': 'Alone', 'data': [ 'a' ] }
{ 'struct': 'Some', 'data': { 'a': [ 'InStruct' ], 'b': 'Alone' } }
{ 'union': 'Uni', 'base': { 'x': [ 'InBase' ], 'e': 'Alone' }, 'discriminator': 'e',
  'data': { 'a': 'Some' } }
{ 'alternate': 'Alt', 'data': { 'a': [ 'InAlternate' ], 'b': 'str' } }
{ 'command': 'cmd', 'data': { 'a': [ 'InCommand' ] }, 'returns': [ 'InReturns' ] }
{ 'command': 'do', 'data': 'Some' }
{ 'event': 'EV', 'data': { 'a': [ 'InEvent' ] } }
{ 'event': 'FW' }
"""


def request(renderer: Renderer) -> Request:
    return Request("demo", ("demo.json",), renderer)


def test_a_run_has_one_package() -> None:
    schema, renderer = schema_of(SCHEMA), Renderer()
    found = package_of(schema, request(renderer))
    assert package_of(schema, request(renderer)) is found
    assert found.names is found.names
    assert found.docs is found.docs


def test_other_runs_and_schemas_have_others() -> None:
    schema, renderer = schema_of(SCHEMA), Renderer()
    found = package_of(schema, request(renderer))
    assert package_of(schema, request(Renderer())) is not found
    same_text = schema_of(SCHEMA)
    other = package_of(same_text, request(renderer))
    assert other.schema is same_text
    assert other is not found


def test_elements_of_arrays() -> None:
    arrays = Package(schema_of(SCHEMA)).arrays
    assert arrays == {
        f"In{x}" for x in ("Struct", "Base", "Alternate", "Command", "Returns", "Event")
    }


def test_definitions_by_module() -> None:
    package = Package(schema_of(SCHEMA))
    assert [c.name for c in package.commands("demo.json")] == ["cmd", "do"]
    assert [e.name for e in package.events("demo.json")] == ["EV", "FW"]
    typed = [d.name for d in package.typed("demo.json")]
    assert typed[-5:] == ["Some", "Uni", "Alt", "cmd", "EV"]
    assert package.commands("none.json") == package.typed("none.json") == []
