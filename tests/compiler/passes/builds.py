"""A schema with conditions, and what programs tell that are built of it."""

from __future__ import annotations

from qapigen.compiler.ir import Schema
from qapigen.compiler.passes.compare import Info
from qapigen.compiler.passes.introspect import introspect
from qapigen.compiler.passes.select import Config

__all__ = ["BUILDS", "TEXT", "built"]

TEXT = """
{ 'command': 'poke', 'data': 'Poke', 'boxed': true, 'returns': 'Uu' }
{ 'struct': 'Poke', 'data': { 'e': 'Ee', '*s': { 'type': 'str', 'if': 'S' } } }
{ 'command': 'gone', 'if': { 'all': [ 'A', { 'not': 'B' } ] }, 'features': [ 'unstable' ] }
{ 'event': 'EV', 'if': { 'any': [ 'A', 'C' ] }, 'data': { 'a': ['Alt'] } }
{ 'alternate': 'Alt', 'data': { 'n': 'null', 's': 'str', 'l': { 'type': ['Ee'], 'if': 'L' } } }
{ 'enum': 'Ee', 'data': [ 'x', { 'name': 'y', 'if': 'A' }, 'z' ] }
{ 'struct': 'Arm', 'data': { 'l': ['Ee'] } }
{ 'union': 'Uu', 'base': { 'k': 'Ee' }, 'discriminator': 'k', 'data': { 'x': 'Arm' } }
{ 'command': 'both', 'if': { 'all': [ 'P', 'Q' ] }, 'data': 'Both', 'boxed': true }
{ 'struct': 'Both', 'data': { 'n': 'int', 'm': { 'type': 'int', 'if': { 'not': 'S' },
  'features': [ { 'name': 'deprecated', 'if': 'L' } ] } } }
"""
#: Symbols of builds.
BUILDS = ({"A"}, {"A", "B", "C"}, {"C"}, {"S", "C", "B"}, {"A", "L"}, {"P"}, {"P", "Q", "L", "A"})


def built(schema: Schema, symbols: set[str]) -> list[Info]:
    """What a program would tell that was built with these symbols."""
    return introspect(schema, config=Config(frozenset(symbols), complete=True))
