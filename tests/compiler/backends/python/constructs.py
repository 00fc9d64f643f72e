"""Small schemas, one for each construct of the language, for snapshots.

Each entry names the generated files that show the construct; the rest of the package would
only repeat what other entries show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["CONSTRUCTS", "Construct"]


@dataclass(frozen=True)
class Construct:
    """Schema files (the first is the root), their dialect, and what of the output to look at."""

    files: Mapping[str, str]
    shown: tuple[str, ...]
    dialect: str = "modern"


def _modern(text: str, *shown: str) -> Construct:
    return Construct({"demo.json": text}, shown)


def _2018(text: str, *shown: str) -> Construct:
    return Construct({"demo.json": text}, shown, "2018")


TYPES, VISIT, WIRE = "types/demo.py", "visit/demo.py", "wire/demo.py"
COMMANDS, EVENTS, CLIENT = "commands/demo.py", "events/demo.py", "client/demo.py"

_ENUMS = """
{ 'pragma': { 'member-name-exceptions': [ 'Unruly' ] } }
##
# @Speed:
#
# How fast a thing is.
#
# @slow: takes its time
#
# @2x: twice as fast
#
# @x-warp: not for daily use
#
# Features:
#
# @unstable: @x-warp may go away.
#
# Since: 1.5
##
{ 'enum': 'Speed',
  'data': [ 'slow', '2x', { 'name': 'x-warp', 'features': [ 'unstable' ] } ] }
{ 'enum': 'Unruly',
  'data': [ 'class', 'none', 'mro', 'name', 'a', 'A', '2', '2-', 'Mixed_Case' ] }
{ 'enum': 'Any', 'data': [] }
{ 'struct': 'Lists', 'data': { 'speeds': [ 'Speed' ], '*anything': [ 'Any' ] } }
"""

_STRUCTS = """
{ 'pragma': { 'documentation-exceptions': [ 'Middle', 'Everything' ] } }
##
# @Base:
#
# What all of them have.
#
# @id: a number that no other has
##
{ 'struct': 'Base', 'data': { 'id': 'int' } }
##
# @Middle:
#
# More of it.
##
{ 'struct': 'Middle', 'base': 'Base', 'data': { '*label': 'str' } }
##
# @Everything:
#
# One member of each kind.
#
# @text: of any length
#
# @value: Anything that JSON can say.  This goes on for more than a
#     line.
#
# Since: 2.0
##
{ 'struct': 'Everything', 'base': 'Middle',
  'data': { 'text': 'str', 'number': 'number', 'truth': 'bool', 'nothing': 'null',
            'value': 'any', 'kind': 'QType', 'tiny': 'int8', 'size': 'size',
            '*names': [ 'str' ], '*numbers': [ 'uint64' ], '*values': [ 'any' ],
            '*nothings': [ 'null' ], '*kinds': [ 'QType' ], '*own': 'Base', '*more': [ 'Base' ],
            '*maybe': 'any', '*void': 'null' } }
{ 'struct': 'Tree', 'data': { 'name': 'str', '*parent': 'Tree', 'children': [ 'Tree' ] } }
{ 'struct': 'Nothing', 'data': {} }
"""

_UNIONS = """
{ 'enum': 'Form', 'data': [ 'circle', 'square', 'point', '3d' ] }
{ 'struct': 'CircleData', 'data': { 'radius': 'number' } }
{ 'struct': 'SquareData', 'data': { 'side': 'number', '*tilt': 'number' } }
##
# @Shape:
#
# A thing in the plane.
#
# @label: how people call it
#
# @form: decides what else there is
#
# @hidden: not to be seen.  By default everything is.
##
{ 'union': 'Shape',
  'base': { '*label': 'str', 'form': 'Form', '*hidden': 'bool' },
  'discriminator': 'form',
  'data': { 'square': 'SquareData', 'circle': 'CircleData' } }
{ 'struct': 'Drawn', 'data': { 'form': 'Form', 'layer': 'int' } }
{ 'union': 'Drawing', 'base': 'Drawn', 'discriminator': 'form',
  'data': { 'circle': 'CircleData' } }
{ 'enum': 'Medium', 'data': [ 'paper', 'screen' ] }
##
# @Picture:
#
# A union with a union in it.
#
# @medium: what it is on
##
{ 'union': 'Picture', 'base': { 'medium': 'Medium' }, 'discriminator': 'medium',
  'data': { 'screen': 'Drawing' } }
{ 'struct': 'Gallery', 'data': { 'pictures': [ 'Picture' ], '*best': 'Shape' } }
{ 'union': 'ByKind', 'base': { 'kind': 'QType' }, 'discriminator': 'kind',
  'data': { 'qstring': 'CircleData' } }
"""

_FAR_UNION = {
    "demo.json": """
{ 'include': 'far/tags.json' }
{ 'struct': 'ADay', 'data': { '*types': [ 'int' ] } }
{ 'union': 'Day', 'base': { 'weather': 'Weather' }, 'discriminator': 'weather',
  'data': { 'rain': 'ADay', 'sun': 'Sunshine' } }
{ 'alternate': 'DayOrName', 'data': { 'name': 'str', 'sun': 'Sunshine' } }
{ 'command': 'forecast', 'data': 'Sunshine', 'returns': 'Sunshine' }
{ 'command': 'set-day', 'boxed': true, 'data': 'Day' }
{ 'event': 'DAY_OVER', 'data': 'Sunshine' }
{ 'event': 'DAY_BEGINS', 'boxed': true, 'data': 'Day' }
""",
    "far/tags.json": """
{ 'enum': 'Weather', 'data': [ 'rain', 'sun' ] }
{ 'struct': 'Sunshine', 'data': { 'hours': 'int', '*days': [ 'Day' ] } }
""",
}

_SIMPLE_UNION = """
##
# @Shape:
# A thing in the plane, told apart by its type.
# Since: 1.2
##
{ 'union': 'Shape', 'data': { 'circle': 'Circle', 'name': 'str', 'sides': [ 'int' ] } }
{ 'struct': 'Circle', 'data': { 'radius': 'number' } }
{ 'struct': 'Kinds', 'data': { 'first': 'ShapeKind', 'others': [ 'ShapeKind' ] } }
"""

_ALTERNATES = """
##
# @Place:
#
# Where a thing is.
#
# @name: by its name
#
# @spot: by its place
#
# @none: nowhere
##
{ 'alternate': 'Place', 'data': { 'name': 'str', 'spot': 'Spot', 'none': 'null' } }
{ 'struct': 'Spot', 'data': { 'x': 'int', 'y': 'int', '*inside': 'Place' } }
{ 'enum': 'Level', 'data': [ 'low', 'high' ] }
{ 'alternate': 'LevelOrNumber',
  'data': { 'level': 'Level', 'number': 'uint8', 'flag': 'bool', 'all': [ 'Level' ] } }
{ 'alternate': 'Only', 'data': { 'it': 'Spot' } }
{ 'struct': 'Places', 'data': { 'list': [ 'Place' ] } }
"""

_COMMANDS = """
{ 'pragma': { 'command-returns-exceptions': [ 'count', 'list-names' ] } }
{ 'struct': 'Job', 'data': { 'id': 'str', '*class': 'str' } }
{ 'enum': 'Engine', 'data': [ 'steam', 'petrol' ] }
{ 'union': 'Start', 'base': { 'engine': 'Engine' }, 'discriminator': 'engine',
  'data': { 'steam': 'Job' } }
##
# @stop:
#
# Stop everything.
#
# Errors:
#     - If nothing runs, GenericError
#
# Since: 0.14
##
{ 'command': 'stop' }
##
# @set-job:
#
# Give the machine something to do.
#
# @id: what it is
#
# @class: The class it is in.  By default it is in none.
#
# @speeds: one for each gear, the slowest first and the fastest last,
#     as the machine shifts up
#
# Features:
#
# @deprecated: Use `start` instead.
#
# Returns: the job as the machine sees it
#
# .. qmp-example::
#
#     -> { "execute": "set-job",
#          "arguments": { "id": "a", "speeds": [] } }
#     <- { "return": { "id": "a" } }
##
{ 'command': 'set-job', 'data': { 'id': 'str', '*class': 'str', 'speeds': [ 'int' ] },
  'returns': 'Job', 'features': [ 'deprecated' ] }
{ 'command': 'add-job', 'data': 'Job', 'allow-oob': true }
{ 'command': 'start', 'boxed': true, 'data': 'Start', 'coroutine': true,
  'features': [ 'unstable', 'fast' ] }
{ 'command': 'run-raw', 'gen': false, 'data': { 'id': 'str' }, 'returns': [ 'Job' ] }
{ 'command': 'query-jobs', 'returns': [ 'Job' ], 'allow-preconfig': true }
{ 'command': 'count', 'returns': 'int' }
{ 'command': 'list-names', 'returns': [ 'str' ] }
{ 'command': 'shut-up', 'success-response': false }
{ 'command': 'import', 'data': { 'self': 'str', '*arguments': 'str', 'name': 'str' } }
"""

_EVENTS = """
{ 'struct': 'Job', 'data': { 'id': 'str', '*class': 'str' } }
{ 'enum': 'Engine', 'data': [ 'steam', 'petrol' ] }
{ 'union': 'Start', 'base': { 'engine': 'Engine' }, 'discriminator': 'engine',
  'data': { 'steam': 'Job' } }
##
# @STOPPED:
#
# Nothing runs any more.
#
# Since: 0.12
##
{ 'event': 'STOPPED' }
##
# @JOB_DONE:
#
# A job is complete.
#
# @id: which one
#
# @timestamp: when it began
#
# @results: what came of it
#
# Features:
#
# @unstable: The results may change.
##
{ 'event': 'JOB_DONE', 'data': { 'id': 'str', '*timestamp': 'int', 'results': [ 'Job' ] },
  'features': [ 'unstable' ] }
{ 'event': 'JOB_ADDED', 'data': 'Job' }
{ 'event': 'STARTED', 'boxed': true, 'data': 'Start' }
{ 'event': 'IMPORT', 'data': { '*self': 'str', '*make-event': 'int' } }
{ 'event': 'A_VERY_LONG_EVENT', 'data': { 'some-long-name': 'str', 'some-other-name': 'str' },
  'features': [ 'long-enough-for-a-line', 'long-enough-for-another', 'the-last-of-three' ] }
"""

_NAMES = """
{ 'pragma': { 'member-name-exceptions': [ 'Any', 'Struct', 'x-Odd', 'x-Checked' ] } }
{ 'struct': 'x-Checked', 'data': { 'TYPE-CHECKING': 'str', '*any': 'Any' } }
{ 'struct': 'Any', 'data': { 'str': 'str', 'int': 'int', 'list': [ 'str' ], 'self': 'Struct' } }
{ 'struct': 'Struct', 'data': { 'class': 'Any', 'v': 'int', 'obj': 'int', '*types': 'int' } }
{ 'struct': '__com.example_Odd',
  'data': { '__com.example_x': 'int', '__2d.x_y': 'int', 'a-b': 'int' } }
{ 'struct': 'x-Odd', 'data': { 'a_b': 'int', 'UUID': 'str', 'a': 'str', 'A': 'str' } }
{ 'enum': 'Visitor', 'data': [ 'v' ] }
{ 'union': 'Emitter', 'base': { 'Visitor': 'Visitor' }, 'discriminator': 'Visitor',
  'data': {} }
{ 'command': 'print', 'data': { 'timestamp': 'int', 'str': 'str', 'async': 'bool' } }
{ 'command': '__com.example_print', 'data': { 'x': '__com.example_Odd' } }
{ 'command': 'v', 'data': 'Any' }
{ 'event': '__com.example_PRINT' }
{ 'event': '__2d.x_PRINT', 'data': { 'timestamp': 'int', 'list': [ 'Any' ] } }
""".replace("'member-name-exceptions': [", "'member-name-exceptions': [ 'Emitter',")

#: What is particular to clients: names that they need themselves, descriptors, answers.
_CLIENTS = """
{ 'pragma': { 'command-returns-exceptions': [ 'events', 'add-fd', 'count' ] } }
{ 'struct': 'TypedEvent', 'data': { 'timeout': 'int' } }
{ 'command': 'connect', 'data': { 'timeout': 'int', '*oob': 'bool', '*fds': [ 'int' ] } }
{ 'command': 'close', 'data': 'TypedEvent', 'allow-oob': true }
{ 'command': 'events', 'returns': [ 'TypedEvent' ] }
{ 'command': 'client', 'data': { 'visit': 'str', 'self': 'str', 'client': 'str' } }
{ 'command': 'getfd', 'data': { 'fdname': 'str' } }
{ 'command': 'add-fd', 'data': { '*fds': 'int' }, 'returns': 'int' }
{ 'command': 'halt', 'data': { '*mode': 'str' }, 'success-response': false }
{ 'command': 'raw', 'gen': false, 'boxed': true, 'data': 'TypedEvent', 'returns': 'TypedEvent' }
{ 'command': 'a-command-with-a-name-of-some-length', 'boxed': true, 'data': 'TypedEvent',
  'returns': 'TypedEvent' }
{ 'event': 'ASYNC_CLIENT' }
{ 'event': 'TYPED' }
"""

#: Names that would be one and the same in Python, as only the language of 2018 allows.
_CLASHES = """
{ 'struct': 'X', 'data': { 'x': 'X', '*xs': [ 'X' ], '*y': [ 'X_list' ] } }
{ 'struct': 'X_list', 'data': { 'a-b': 'int', '*timestamp': 'int', '*timestamp-': 'int' } }
{ 'struct': 'X_members', 'data': { '*visit': 'visit_X' } }
{ 'struct': 'visit_X', 'data': { 'thing': 'Thing' } }
{ 'enum': 'Thing', 'data': [ 'rain' ] }
{ 'union': 'Shape', 'data': { 'base': 'X_base', 'a-b': 'int', 'a_c': 'str' } }
{ 'struct': 'Shape_Base', 'data': {} }
{ 'struct': 'X_base', 'data': {} }
{ 'union': 'Flat', 'base': 'Tagged', 'discriminator': 'tag', 'data': { 'rain': 'X_base' } }
{ 'struct': 'Tagged', 'data': { 'tag': 'Thing' } }
{ 'struct': 'Flat_base', 'data': {} }
{ 'struct': 'stop_now', 'data': { '*self': 'int' } }
{ 'struct': 'QueryXArguments', 'data': {} }
{ 'struct': 'over', 'data': { 'over': 'int', 'make_event': 'int' } }
{ 'command': 'stop-now', 'data': 'stop_now', 'returns': 'over' }
{ 'command': 'query-x', 'data': { 'over': 'over', 'stop_now': [ 'stop_now' ] } }
{ 'command': 'query_x', 'returns': 'QueryXArguments' }
{ 'event': 'OVER', 'data': { 'over': 'over', 'over-event': 'int', 'timestamp': 'int',
                             'timestamp_': 'int' } }
{ 'event': 'stop', 'data': 'X_list' }
{ 'event': 'STOP', 'data': 'over' }
"""

_DOCS = r"""
##
# @Quoted:
#
# "Quoted" from the start, with \n, QUOTES and a \ in it, to the "end"
#
# @tab: with	a tab, a bell, a NUL, an escape and ünïcödé ✓
#
# @back: ends in a backslash \
#
# @quote: ends in a quote"
##
{ 'struct': 'Quoted', 'data': { 'tab': 'str', 'back': 'str', 'quote': 'str' } }
##
# @say:
#
# This says "it"
#
# - a list
# - of two
#
# Returns:
#     - nothing
#     - or something
#
# TODO: say more
#
# Since: \
##
{ 'command': 'say', 'returns': 'Quoted' }
"""
_DOCS = _DOCS.replace("QUOTES", '"""').replace("a bell", "a bell \x07")
_DOCS = _DOCS.replace("an escape", "an escape \x1b[1m")

#: The modules of a package: odd names, the same Python name twice, one that lies elsewhere.
_MODULES = {
    "demo.json": """
{ 'include': 'sub/registry.json' }
{ 'include': 'sub-registry.json' }
{ 'include': 'import.json' }
{ 'include': '2d.x.json' }
{ 'include': 'only-commands.json' }
{ 'include': 'registry.json' }
{ 'include': 'import-module.json' }
""",
    "sub/registry.json": "{ 'struct': 'One', 'data': { '*two': 'Two' } } { 'command': 'one' }",
    "sub-registry.json": "{ 'struct': 'Two', 'data': { '*one': 'One' } } { 'event': 'TWO' }",
    "import.json": "{ 'enum': 'Three', 'data': [ 'a' ] }",
    "2d.x.json": "{ 'alternate': 'Four', 'data': { 'a': 'One', 'b': 'Three' } }",
    "registry.json": "{ 'command': 'three', 'data': { 'one': 'Five' }, 'returns': 'One' }",
    "import-module.json": "{ 'struct': 'Five', 'data': {} }",
    "only-commands.json": "{ 'command': 'two', 'returns': [ 'Two' ] }",
}

CONSTRUCTS: dict[str, Construct] = {
    "enums": _modern(_ENUMS, TYPES, VISIT, WIRE),
    "structs": _modern(_STRUCTS, TYPES, VISIT, WIRE),
    "unions": _modern(_UNIONS, TYPES, VISIT, WIRE),
    "far-union": Construct(
        _FAR_UNION, (TYPES, VISIT, WIRE, COMMANDS, EVENTS, CLIENT, "types/far_tags.py")
    ),
    "simple-union": _2018(_SIMPLE_UNION, TYPES, VISIT, WIRE),
    "alternates": _modern(_ALTERNATES, TYPES, VISIT, WIRE),
    "commands": _modern(_COMMANDS, COMMANDS, "commands/__init__.py", CLIENT),
    "events": _modern(_EVENTS, EVENTS, "events/__init__.py", CLIENT),
    "clients": _modern(_CLIENTS, CLIENT),
    "names": _modern(_NAMES, TYPES, VISIT, WIRE, COMMANDS, EVENTS),
    "clashes": _2018(_CLASHES, TYPES, VISIT, WIRE, COMMANDS, EVENTS, CLIENT),
    "docs": _modern(_DOCS, TYPES, COMMANDS),
    "modules": Construct(
        _MODULES,
        ("__init__.py", "types/__init__.py", "visit/__init__.py", "commands/__init__.py")
        + ("events/__init__.py", "client/__init__.py", "types/_2d_x.py"),
    ),
    "introspection": _modern(_ALTERNATES + _COMMANDS, "introspect.py"),
    "nothing": _modern(
        "", "__init__.py", "types/__init__.py", "commands/__init__.py", "client/__init__.py"
    ),
}
