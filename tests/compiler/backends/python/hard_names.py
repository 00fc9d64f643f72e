"""Schemas that have names which mean something else to Python or to generated code.

Each name stands in each place that a schema has for names: as a type of each kind, a member, a value,
a branch, a command, an event, a file.  The names are read from where they have their meaning, so
a new keyword, or a new name in a template, is one of them at once.
"""

from __future__ import annotations

import builtins
import dataclasses
import enum
import io
import keyword
import re
import tokenize
import typing
from collections.abc import Callable, Iterable, Sequence
from functools import cache

from qapigen.runtime.events import Emitter
from qapigen.runtime.model import Enum, Struct
from qapigen.runtime.typed.aio import AsyncTypedClient
from qapigen.runtime.typed.blocking import BlockingTypedClient
from tests.compiler.backends.python.packages import files_of

__all__ = ["DIALECT", "PLACES", "hard_names"]

#: One in which names are hardly restricted, and which has simple unions.
DIALECT = "5.2"

#: A bit of everything, with names that mean nothing: what is left is ours.
_PLAIN = {
    "root.json": """
{ 'include': 'other.json' }
{ 'enum': 'Zza', 'data': [ 'zz', 'yy' ] }
{ 'struct': 'Zzb', 'data': { 'zz': 'str', '*yy': 'any', '*xx': 'null', '*ww': [ 'Zzb' ] } }
{ 'union': 'Zzc', 'base': { 'zz-t': 'Zza', 'zz-f': 'Zzf' }, 'discriminator': 'zz-t', 'data': { 'yy': 'Zzb' } }
{ 'union': 'Zzd', 'data': { 'zz': 'Zzb', 'yy': 'int' } }
{ 'alternate': 'Zze', 'data': { 'zz': 'Zzb', 'xx': 'null', 'ww': 'QType' } }
{ 'command': 'zz-a', 'data': { 'zz': 'Zzb', '*yy': 'Zzf' }, 'returns': 'Zzb', 'allow-oob': true }
{ 'command': 'zz-b', 'data': 'Zzc', 'boxed': true, 'returns': [ 'Zzb' ] }
{ 'command': 'zz-c', 'data': 'Zzb', 'gen': false, 'success-response': false }
{ 'command': 'getfd', 'data': { 'zz': 'str' } }
{ 'event': 'ZZ_A', 'data': { 'zz': 'Zzb', 'yy': 'Zzf' } }
{ 'event': 'ZZ_B', 'data': 'Zzc', 'boxed': true }
""",
    "other.json": """
{ 'struct': 'Zzf', 'data': { 'zz': 'Zzb', 'yy': 'int' } }
{ 'command': 'zz-d', 'data': 'Zzf', 'returns': 'Zzf' }
{ 'event': 'ZZ_C', 'data': 'Zzf' }
""",
}


def _ours() -> set[str]:
    """The names of generated code and of the classes that it is based on."""
    found: set[str] = set()
    for path, text in files_of(_PLAIN, "made", dialect=DIALECT).items():
        found.update(path.replace(".py", "").split("/"))
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        found.update(token.string for token in tokens if token.type == tokenize.NAME)
    for cls in (AsyncTypedClient, BlockingTypedClient, Struct, Enum, Emitter):
        found.update(dir(cls))
    return {name for name in found if "zz" not in name.lower()}


@cache
def hard_names() -> tuple[str, ...]:
    """All of them, as schemas can have them, sorted."""
    found = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *_ours()}
    found.update(*(module.__all__ for module in (typing, dataclasses, enum)))
    stripped = {name.strip("_") for name in found} | {"not-served", "v0", "__com.example_self"}
    return tuple(sorted(n for n in stripped if re.fullmatch(r"(__[a-z.]+_)?[A-Za-z][\w-]*", n)))


_BUILT_IN = re.compile(r"str|int|number|bool|any|null|size|QType|Q?Null|u?int(8|16|32|64)|q[_-].*")


def _distinct(names: Iterable[str], wanted: Callable[[str], object]) -> list[str]:
    """Those that are ``wanted``, one of each that differ by ``-`` and ``_`` only."""
    return list({name.replace("-", "_"): name for name in names if wanted(name)}.values())


def _types() -> list[str]:
    return _distinct(
        hard_names(), lambda n: not _BUILT_IN.fullmatch(n) and not n.endswith(("List", "Kind"))
    )


def _members(names: Iterable[str] = ()) -> list[str]:
    return _distinct(
        names or hard_names(),
        lambda n: not re.fullmatch(r"u|has|(has|q)[_-].*|max", n, re.IGNORECASE),
    )


def _schema(lines: Sequence[str], allowed: Iterable[str] = ()) -> str:
    head = f"{{ 'pragma': {{ 'name-case-whitelist': {[*allowed]} }} }}"
    tag = "{ 'enum': 'ZzTag', 'data': [ 'a', 'b' ] }"
    data = "{ 'struct': 'ZzData', 'data': { 'zz-x': 'int' } }"
    return "\n".join((head, tag, data, *lines)).replace('"', "'")


_KINDS = (
    "{{ 'struct': '{0}', 'data': {{ 'x': 'int', '*next': '{1}', '*any': 'any' }} }}",
    "{{ 'enum': '{0}', 'data': [ 'x', 'y' ] }}",
    "{{ 'union': '{0}', 'base': {{ 't': 'ZzTag', '*next': '{1}' }}, 'discriminator': 't', "
    "'data': {{ 'a': 'ZzData' }} }}",
    "{{ 'alternate': '{0}', 'data': {{ 'a': 'ZzData', 'b': 'int', 'n': 'null' }} }}",
    "{{ 'union': '{0}', 'data': {{ 'a': 'ZzData', 'b': [ 'int' ] }} }}",
)


def types(shift: int) -> dict[str, str]:
    """Each name as a type, of another kind with another ``shift``; half of the uses stand elsewhere."""
    names = _types()
    own: list[str] = []
    uses: list[str] = []
    for at, name in enumerate(names):
        kind = (at + shift) % len(_KINDS)
        following = names[(at + 1) % len(names)]
        own.append(_KINDS[kind].format(name, following))
        member = f", '{name}': '{name}'" if name in _members() else ""
        members = f"{{ 'zz-m': '{name}', '*zz-o': '{name}', 'zz-l': [ '{name}' ]{member} }}"
        found = [f"{{ 'struct': 'ZzUse{at}', 'data': {members} }}"]
        if kind in (0, 2):
            found.append(
                f"{{ 'command': 'zz-c{at}', 'data': '{name}', 'boxed': true, 'returns': '{name}' }}"
            )
            found.append(f"{{ 'event': 'ZZ_E{at}', 'data': '{name}', 'boxed': true }}")
        if kind == 0:
            found.append(f"{{ 'command': 'zz-p{at}', 'data': '{name}', 'returns': [ '{name}' ] }}")
            found.append(f"{{ 'event': 'ZZ_P{at}', 'data': '{name}' }}")
            branches = f"{{ 'a': '{name}' }}"
            base = "'base': { 't': 'ZzTag' }, 'discriminator': 't'"
            found.append(f"{{ 'union': 'ZzUnion{at}', {base}, 'data': {branches} }}")
            found.append(
                f"{{ 'struct': 'ZzBased{at}', 'base': '{name}', 'data': {{ 'y': 'int' }} }}"
            )
        if kind in (1, 3):
            inline = members.lower() if name == name.lower() else f"{{ 'zz-m': '{name}' }}"
            found.append(f"{{ 'command': 'zz-c{at}', 'data': {inline} }}")
            found.append(f"{{ 'event': 'ZZ_E{at}', 'data': {inline} }}")
        if kind == 1:
            base = f"'base': {{ 't': '{name}' }}, 'discriminator': 't'"
            found.append(f"{{ 'union': 'ZzUnion{at}', {base}, 'data': {{ 'x': 'ZzData' }} }}")
        (own if at % 2 else uses).extend(found)
    allowed = [f"ZzUse{at}" for at in range(len(names))]
    return {
        "root.json": _schema(own, allowed) + "\n{ 'include': 'uses.json' }",
        "uses.json": "\n".join(uses),
    }


_MEMBER_TYPES = (
    "'str'",
    "'any'",
    "['bool']",
    "'null'",
    "'number'",
    "'ZzData'",
    "['ZzTag']",
    "'QType'",
)


def members() -> dict[str, str]:
    """Each name as a member, an argument, a discriminator and an alternative."""
    names = _members()
    lines, allowed = [], []
    for shift in range(2):
        struct = f"ZzStruct{shift}"
        pairs = [
            f"'{'*' if at % 3 else ''}{name}': {_MEMBER_TYPES[(at + 3 * shift) % 8]}"
            for at, name in enumerate(names)
        ]
        lower = [pair for pair, name in zip(pairs, names, strict=True) if name == name.lower()]
        inline = f"{{ {', '.join(lower)} }}"
        lines += [
            f"{{ 'struct': '{struct}', 'data': {{ {', '.join(pairs)} }} }}",
            f"{{ 'command': 'zz-c{shift}', 'data': {inline}, 'returns': '{struct}', 'allow-oob': true }}",
            f"{{ 'command': 'zz-p{shift}', 'data': '{struct}' }}",
            f"{{ 'event': 'ZZ_E{shift}', 'data': {inline} }}",
            f"{{ 'event': 'ZZ_P{shift}', 'data': '{struct}' }}",
        ]
        allowed.append(struct)
    for at, name in enumerate(names):
        allowed.append(f"ZzUnion{at}")
        base = f"'base': {{ '{name}': 'ZzTag' }}, 'discriminator': '{name}'"
        lines.append(f"{{ 'union': 'ZzUnion{at}', {base}, 'data': {{ 'a': 'ZzData' }} }}")
    for at, name in enumerate(_members([name.lower() for name in names])):
        kinds = f"{{ '{name}': 'ZzData', 'zz': 'str' }}"
        lines.append(f"{{ 'alternate': 'ZzAlt{at}', 'data': {kinds} }}")
    return {"root.json": _schema(lines, allowed)}


def values() -> dict[str, str]:
    """Each name as a value of an enum and as a case of unions of both kinds."""
    names = _members()
    cases = _members([name.lower() for name in hard_names()])
    branches = ", ".join(f"'{name}': 'ZzData'" for name in cases)
    lines = [
        f"{{ 'enum': 'ZzAll', 'data': {[*names, '2d', '3', '3-']} }}",
        f"{{ 'enum': 'ZzCase', 'data': {cases} }}",
        "{ 'struct': 'ZzUse', 'data': { 'x': 'ZzAll', '*y': [ 'ZzAll' ] } }",
        "{ 'union': 'ZzFlat', 'base': { 't': 'ZzCase' }, 'discriminator': 't', "
        f"'data': {{ {branches} }} }}",
        f"{{ 'union': 'ZzSimple', 'data': {{ {branches} }} }}",
        "{ 'command': 'zz-a', 'data': 'ZzFlat', 'boxed': true, 'returns': 'ZzFlat' }",
        "{ 'command': 'zz-b', 'data': 'ZzSimple', 'boxed': true, 'returns': [ 'ZzSimple' ] }",
    ]
    allowed = ("ZzAll", "ZzFlat", "ZzSimple", "ZzSimpleKind")
    return {"root.json": _schema(lines, allowed)}


def actions() -> dict[str, str]:
    """Each name as a command and as an event, with data of each form."""
    forms = (
        "",
        ", 'data': { 'a': 'int', '*b': 'ZzData' }",
        ", 'data': 'ZzData'",
        ", 'data': 'ZzData', 'boxed': true",
    )
    lines = []
    for at, name in enumerate(_types()):
        returns = ", 'returns': 'ZzData'" if at // 4 % 2 else ""
        lines.append(f"{{ 'command': '{name}'{forms[at % 4]}{returns} }}")
    upper = {name.upper(): None for name in _types()}
    for at, name in enumerate(name for name in upper if name not in _types()):
        lines.append(f"{{ 'event': '{name}'{forms[at % 4]} }}")
    return {"root.json": _schema(lines)}


def files() -> dict[str, str]:
    """Each name as that of a file, with types of other files in it."""
    stems = [name for name in {name.lower(): None for name in hard_names()} if name != "root"]
    stems += ["2d", "a b", "__init__", "_"]
    made = {"root.json": "\n".join(f"{{ 'include': '{stem}.json' }}" for stem in stems)}
    for at, stem in enumerate(stems):
        other = f"Zz{(at + 1) % len(stems)}"
        made[f"{stem}.json"] = (
            f"{{ 'struct': 'Zz{at}', 'data': {{ 'x': 'int', '*next': '{other}' }} }}\n"
            f"{{ 'command': 'zz-c{at}', 'data': '{other}', 'returns': '{other}' }}\n"
            f"{{ 'event': 'ZZ_E{at}', 'data': {{ 'x': '{other}' }} }}\n"
        )
    return made


#: Schema files by the place that has the hard names, the root first.
PLACES: dict[str, Callable[[], dict[str, str]]] = {
    **{f"types_{shift}": (lambda shift=shift: types(shift)) for shift in range(len(_KINDS))},  # type: ignore[misc]
    "members": members,
    "values": values,
    "actions": actions,
    "files": files,
}
