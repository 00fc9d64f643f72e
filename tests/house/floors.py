"""Who may import what: the map of the house, as a table.

A room is a module or a package with all that it contains.  It may import itself, the standard
library, and the modules that its entry names (a package there stands for all of it).  Of two
rooms that fit, the longer name counts; a module that fits none has no floor yet and fails.
A new edge is a design decision: take it here, in the change that needs it.
"""

from __future__ import annotations

__all__ = ["FLOORS", "FOR_TYPE_CHECKERS", "LIBRARIES"]

_RECORDS = "qapigen.compiler.records"
_SOURCE = "qapigen.compiler.source"
_DIALECT = "qapigen.compiler.dialect"
_CODES = "qapigen.compiler.codes"
_DIAGNOSTICS = "qapigen.compiler.diagnostics"
_FORMATS = "qapigen.compiler.diagnostic_formats"
_CHOICE = "qapigen.compiler.choice"
_IR = "qapigen.compiler.ir"
_SYNTAX = "qapigen.compiler.syntax"
_TREE = "qapigen.compiler.syntax.tree"
_CHECK = "qapigen.compiler.check"
_PASSES = "qapigen.compiler.passes"
_CONFIGURATION = "qapigen.compiler.configuration"
_EMIT = "qapigen.compiler.emit"
_BACKENDS = "qapigen.compiler.backends"

_ERRORS = "qapigen.runtime.errors"
_MODEL = "qapigen.runtime.model"
_JSON_TEXT = "qapigen.runtime.jsontext"
_CODEC = "qapigen.runtime.codec"
_SPECS = "qapigen.runtime.specs"
_VISIT = "qapigen.runtime.visit"
_MESSAGES = "qapigen.runtime.messages"

_PAGES = "qapigen.migration.pages"
_STREAM = "qapigen.migration.stream"
_CHANNELS = "qapigen.migration.channels"
_RUN_STATES = "qapigen.migration.run_states"
_STATUS = "qapigen.migration.status"
_SETTINGS = "qapigen.migration.settings"
_PROGRESS = "qapigen.migration.progress"
_OBJECTS = "qapigen.migration.objects"
_GUEST = "qapigen.migration.guest"
_ENGINE = "qapigen.migration.engine"

_RUNTIME = "qapigen.runtime"
_GENERATED = "qapi_migration"

#: What each room may import, lower rooms first.
FLOORS: dict[str, tuple[str, ...]] = {
    "qapigen.__init__": (),
    # the compiler: schema text in, files out
    "qapigen.compiler.__init__": (),
    _RECORDS: (),
    _SOURCE: (),
    _DIALECT: (),
    _CODES: (),
    _EMIT: (),
    _DIAGNOSTICS: (_RECORDS, _SOURCE, _CODES),
    _FORMATS: ("qapigen.__init__", _SOURCE, _CODES, _DIAGNOSTICS),
    _IR: (_RECORDS, _SOURCE),
    _SYNTAX: (_SOURCE, _DIAGNOSTICS, _CODES, _DIALECT, _IR),
    _CHECK: (_SOURCE, _DIAGNOSTICS, _CODES, _DIALECT, _IR, _TREE),
    _PASSES: (_RECORDS, _IR, _SOURCE, _DIALECT),
    _CONFIGURATION: (_SOURCE, _DIAGNOSTICS, _IR, _PASSES),
    _BACKENDS: (_IR, _SOURCE, _DIALECT, _PASSES, _EMIT),
    _CHOICE: (_DIAGNOSTICS, _DIALECT),
    "qapigen.compiler.explanations": (_CODES, _EMIT),
    "qapigen.compiler.pipeline": (
        *(_RECORDS, _SOURCE, _DIALECT, _DIAGNOSTICS, _CHOICE, _IR),
        *(_SYNTAX, _CHECK, _PASSES, _CONFIGURATION, _EMIT, _BACKENDS),
    ),
    "qapigen.compiler.disk": (_RECORDS, _SOURCE, _EMIT),
    # the runtime: all that generated code imports
    "qapigen.runtime.secrets": (),
    "qapigen.runtime.deprecation": (),
    _ERRORS: ("qapigen.runtime.secrets",),
    _MODEL: (_ERRORS, "qapigen.runtime.secrets"),
    _JSON_TEXT: (_ERRORS,),
    _CODEC: (_ERRORS, _JSON_TEXT),
    _SPECS: (),
    _VISIT: (_ERRORS, _MODEL),
    "qapigen.runtime.twins": (_MODEL, _VISIT),
    "qapigen.runtime.marshalling": (_CODEC, _VISIT, "qapigen.runtime.twins"),
    "qapigen.runtime.options": (_CODEC, _VISIT),
    _MESSAGES: (_ERRORS, _MODEL, _CODEC, _VISIT, "qapigen.runtime.secrets"),
    "qapigen.runtime.commands": (_ERRORS, _MODEL, _VISIT, _MESSAGES, _SPECS),
    "qapigen.runtime.events": (_ERRORS, _MODEL, _VISIT, _MESSAGES, _SPECS),
    "qapigen.runtime.introspect": (_ERRORS, _MODEL, _VISIT),
    "qapigen.runtime.addresses": (_ERRORS,),
    "qapigen.runtime.listening": (_ERRORS, "qapigen.runtime.addresses"),
    "qapigen.runtime.session": (
        *(_ERRORS, _MODEL, _CODEC, _VISIT, _MESSAGES, _SPECS, "qapigen.runtime.secrets"),
        *("qapigen.runtime.commands", "qapigen.runtime.events"),
    ),
    # shells, and what is built on them
    "qapigen.runtime.aio": (_RUNTIME,),
    "qapigen.runtime.blocking": (_RUNTIME,),
    "qapigen.runtime.typed": (_RUNTIME,),
    "qapigen.runtime.waiters": (_RUNTIME,),
    "qapigen.runtime.__init__": (_RUNTIME,),
    # what is generated
    _GENERATED: (_RUNTIME,),
    # the reference backend of migration
    "qapigen.migration.__init__": (),
    _PAGES: (),
    _STREAM: (_PAGES,),
    _CHANNELS: (_ERRORS,),
    _RUN_STATES: (_RUNTIME, _GENERATED),
    _STATUS: (_RUNTIME, _GENERATED, _RUN_STATES),
    _SETTINGS: (_RUNTIME, _GENERATED),
    _PROGRESS: (_RUNTIME, _GENERATED, _SETTINGS, _STATUS),
    _OBJECTS: (_RUNTIME, _GENERATED, _CHANNELS),
    _GUEST: (_RUNTIME, _GENERATED, _PAGES, _STREAM, _RUN_STATES),
    _ENGINE: (
        *(_RUNTIME, _GENERATED, _PAGES, _STREAM, _CHANNELS, _RUN_STATES),
        *(_STATUS, _SETTINGS, _PROGRESS, _GUEST),
    ),
    "qapigen.migration.commands": (
        *(_RUNTIME, _GENERATED, _CHANNELS, _RUN_STATES, _OBJECTS),
        *(_STATUS, _SETTINGS, _PROGRESS, _GUEST, _ENGINE),
    ),
    "qapigen.migration.vm": ("qapigen.__init__", _RUNTIME, _GENERATED, "qapigen.migration"),
    # doors
    "qapigen.hooks": ("qapigen.compiler",),
    "qapigen.cli": ("qapigen", _GENERATED),
    "qapigen.__main__": ("qapigen.cli",),
}

#: What type checkers know without its being installed, and the one module that shows it to them.
FOR_TYPE_CHECKERS = {"typing_extensions": "qapigen.runtime.deprecation"}

#: Libraries that are not Python's own, and the one module or room each is known to.
LIBRARIES = {
    "lark": "qapigen.compiler.syntax.grammar",
    "jinja2": "qapigen.compiler.emit.render",
    "black": "qapigen.compiler.emit.pyformat",
    "msgspec": "qapigen.runtime.twins",
    "orjson": "qapigen.runtime.codec.fast",
    "uvloop": "qapigen.runtime.aio.loops",
    "numpy": "qapigen.migration",
    "rich": "qapigen.cli.vm_progress",
    "shtab": "qapigen.cli.completions",
}
