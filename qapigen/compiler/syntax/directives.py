"""The directives ``include`` and ``pragma``: what they may hold.

In: a top-level object.  Out: the included path, the settings; problems go to the report, at
the opening brace of the directive.
"""

from __future__ import annotations

from ..diagnostics import Report
from ..dialect import DIALECTS, RELEASES, Dialect
from ..source import SourceFile, Span
from .tree import Array, Bool, Object, Str, Value

__all__ = ["directive_of", "include_target", "pragma_settings"]


def directive_of(value: Value) -> str | None:
    """``include`` or ``pragma`` when the value is such a directive."""
    if isinstance(value, Object):
        for name in ("include", "pragma"):
            if name in value.entries:
                return name
    return None


class _Reporter:
    """Reports problems of one directive."""

    def __init__(self, file: SourceFile, item: Object, report: Report) -> None:
        self.file = file
        self.brace = Span(file, item.start, item.start + 1)
        self.report = report

    def __call__(self, slug: str, node: Value, message: str, hint: str | None = None) -> None:
        focus = Span(self.file, node.start, node.end)
        self.report.error(slug, self.brace, message, focus=focus, hint=hint)

    def only(self, item: Object, name: str) -> bool:
        """Whether the directive has no other key."""
        for key in item.entries:
            if key != name:
                self(f"{name}-extra-key", item.entries[key].key, f"'{name}' with a key '{key}'")
                return False
        return True


def include_target(file: SourceFile, item: Object, report: Report) -> Str | None:
    """The path that an include directive names."""
    error = _Reporter(file, item, report)
    value = item.entries["include"].value
    if not error.only(item, "include"):
        return None
    if not isinstance(value, Str):
        error("include-not-string", value, "'include' wants a path")
        return None
    return value


def pragma_settings(
    file: SourceFile, item: Object, dialect: Dialect, report: Report
) -> dict[str, bool | dict[str, Span]]:
    """The settings of a pragma directive, without the wrong ones; lists as names and places."""
    error = _Reporter(file, item, report)
    value = item.entries["pragma"].value
    settings: dict[str, bool | dict[str, Span]] = {}
    if not error.only(item, "pragma"):
        return settings
    if not isinstance(value, Object):
        error("pragma-not-object", value, "'pragma' wants an object of settings")
        return settings
    for name, (key, setting) in value.entries.items():
        if name == "doc-required":
            if isinstance(setting, Bool):
                settings[name] = setting.value
            else:
                error("pragma-not-bool", setting, f"'{name}' is true or false")
        elif name in dialect.pragmas:
            names = _names(file, setting)
            if names is not None:
                settings[name] = names
            else:
                error("pragma-not-list", setting, f"'{name}' wants an array of names")
        else:
            error("unknown-pragma", key, f"no pragma '{name}'", _pragma_hint(name, dialect))
    return settings


def _names(file: SourceFile, value: Value) -> dict[str, Span] | None:
    if not isinstance(value, Array):
        return None
    names = [item for item in value.items if isinstance(item, Str)]
    if len(names) != len(value.items):
        return None
    return {name.text: Span(file, name.start, name.end) for name in names}


def _pragma_hint(name: str, dialect: Dialect) -> str:
    having = [release for release in RELEASES if name in DIALECTS[release].pragmas]
    if having:
        return _of_other_release(name, dialect, having)
    known = sorted(("doc-required", *dialect.pragmas))
    from difflib import get_close_matches

    close = get_close_matches(name[:100], known, n=1)
    return f"did you mean '{close[0]}'?" if close else "pragmas are " + ", ".join(known)


def _of_other_release(name: str, dialect: Dialect, having: list[str]) -> str:
    """What to do about a pragma that other releases have."""
    first, last = DIALECTS[having[0]], DIALECTS[having[-1]]
    if RELEASES.index(having[0]) > RELEASES.index(dialect.release):
        return f"'{name}' came with QEMU {first.release}"
    now = {
        last.returns_pragma: dialect.returns_pragma,
        last.case_pragma: dialect.case_pragma,
    }.get(name)
    told = f"it is a pragma of QEMU {first.release} to {last.release}"
    return f"{told}, now called '{now}'" if now else told
