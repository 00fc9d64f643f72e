"""What a server refuses and hides because it is deprecated or unstable.

In: which of both is refused and hidden, the schema as introspection tells it, commands and
their arguments, answers, events.  Out: refusals, and what may be shown.
Must not know: generated types, connections.

The features of members and values are taken from the answer to ``query-qmp-schema``, which has
all of them; types that lead to none are never looked at (QMP, compatibility policies).
"""

from __future__ import annotations

import enum
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from ..commands import ArgumentsStyle, CommandSpec
from ..errors import COMMAND_NOT_FOUND, GENERIC_ERROR, QapiError, cut
from ..messages import Event

__all__ = ["CompatPolicy", "InputPolicy", "OutputPolicy", "SchemaPolicy"]

#: An element of the answer to ``query-qmp-schema``.
_Info: TypeAlias = Mapping[str, Any]

_INTROSPECTION = "query-qmp-schema"
_FEATURES = ("deprecated", "unstable")


class InputPolicy(enum.Enum):
    """What happens to deprecated or unstable things that a client uses."""

    ACCEPT = "accept"
    REJECT = "reject"
    """The command fails."""
    CRASH = "crash"
    """The process ends at once, so that a test cannot overlook it."""


class OutputPolicy(enum.Enum):
    """What happens to deprecated or unstable things that a client would get."""

    ACCEPT = "accept"
    HIDE = "hide"


_KEYS: Mapping[str, type[InputPolicy] | type[OutputPolicy]] = {
    f"{feature}-{direction}": kind
    for feature in _FEATURES
    for direction, kind in (("input", InputPolicy), ("output", OutputPolicy))
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CompatPolicy:
    """What is accepted and shown; all of it, if nothing else is said."""

    deprecated_input: InputPolicy = InputPolicy.ACCEPT
    deprecated_output: OutputPolicy = OutputPolicy.ACCEPT
    unstable_input: InputPolicy = InputPolicy.ACCEPT
    unstable_output: OutputPolicy = OutputPolicy.ACCEPT

    @classmethod
    def parse(cls, text: str) -> CompatPolicy:
        """Read ``deprecated-input=reject,unstable-output=hide``; QapiError for anything else.

        The last of several values of one key counts.
        """
        chosen: dict[str, Any] = {}
        for part in text.split(",") if text else ():
            key, _, value = part.partition("=")
            kind = _KEYS.get(key)
            if kind is None:
                raise QapiError(f"policy: {cut(key)!a} is none of {', '.join(_KEYS)}")
            values = [each.value for each in kind]
            if value not in values:
                raise QapiError(f"policy: {key} is one of {', '.join(values)}, got {cut(value)!a}")
            chosen[key.replace("-", "_")] = kind(value)
        return cls(**chosen)

    @property
    def refused(self) -> dict[str, InputPolicy]:
        """The features that are not accepted as input, and what happens instead."""
        both = zip(_FEATURES, (self.deprecated_input, self.unstable_input), strict=True)
        return {feature: policy for feature, policy in both if policy is not InputPolicy.ACCEPT}

    @property
    def hidden(self) -> frozenset[str]:
        """The features that are not shown."""
        both = zip(_FEATURES, (self.deprecated_output, self.unstable_output), strict=True)
        return frozenset(feature for feature, policy in both if policy is OutputPolicy.HIDE)


class SchemaPolicy:
    """A policy for one schema; a server has one of it for all its sessions.

    ``schema`` is the answer to ``query-qmp-schema``.  ``crash`` ends the process.
    """

    def __init__(
        self,
        policy: CompatPolicy,
        schema: Iterable[_Info],
        *,
        crash: Callable[[], object] = os.abort,
    ) -> None:
        self._policy = policy
        self._refused = policy.refused
        self._hidden = policy.hidden
        self._crash = crash
        # Names are unique over all kinds of entities (QMP, introspection).
        self._schema = {info["name"]: info for info in schema}
        self._checked_types = self._leading_to(frozenset(self._refused), values=True)
        self._cleaned_types = self._leading_to(self._hidden, values=False)

    # --- what a client uses ---

    def check_command(self, spec: CommandSpec) -> None:
        """Raise CommandNotFound if the command is refused."""
        if self._refused:
            self._refuse(spec.features, f"command {cut(spec.name)!a}", COMMAND_NOT_FOUND)

    def check_arguments(self, spec: CommandSpec, arguments: dict[str, object]) -> None:
        """Raise a GenericError if an argument, a member of it or a value is refused.

        The arguments may be any JSON values: what the schema does not allow is looked past, and
        left to those who read them afterwards.
        """
        if not self._refused or spec.arguments is ArgumentsStyle.RAW:
            return
        for info, value in self._parts(spec.name, "arg-type", arguments, self._checked_types):
            if isinstance(value, str):
                for each in info.get("members", ()):
                    if each["name"] == value:
                        self._refuse(each.get("features", ()), f"value {cut(value)!a}")
            elif isinstance(value, dict):
                for member in info["members"]:
                    if member["name"] in value:
                        name = member["name"]
                        self._refuse(member.get("features", ()), f"parameter {cut(name)!a}")

    def _refuse(self, features: Iterable[str], what: str, error_class: str = GENERIC_ERROR) -> None:
        for feature in features:
            policy = self._refused.get(feature)
            if policy is InputPolicy.CRASH:
                self._crash()
            if policy is not None:
                raise QapiError(f"{what} is {feature}, which is not accepted here", error_class)

    # --- what a client gets ---

    def shown_answer(self, spec: CommandSpec, answer: object) -> object:
        """The answer of a command without hidden members; may change it in place."""
        if not self._hidden:
            return answer
        if spec.name == _INTROSPECTION and "deprecated" in self._hidden:
            answer = self._shown_schema(answer)
        if spec.arguments is not ArgumentsStyle.RAW:
            self._clean(spec.name, "ret-type", answer)
        return answer

    def shown_event(self, event: Event) -> Event | None:
        """The event without hidden members, or None if it is hidden as a whole."""
        info = self._schema.get(event.name)
        if not self._hidden or info is None:
            return event
        if self._hidden.intersection(info.get("features", ())):
            return None
        if event.data is None or info["arg-type"] not in self._cleaned_types:
            return event
        from copy import deepcopy  # the event is shared with those from whom nothing is hidden

        data = deepcopy(event.data)
        self._clean(event.name, "arg-type", data)
        return replace(event, data=data or None)

    def _clean(self, name: str, key: str, value: object) -> None:
        for info, part in self._parts(name, key, value, self._cleaned_types):
            if isinstance(part, dict):
                for member in info["members"]:
                    if self._hidden.intersection(member.get("features", ())):
                        part.pop(member["name"], None)

    def _shown_schema(self, schema: object) -> object:
        """The answer to introspection without what is deprecated.

        Unstable things and values of enums are always shown there, as in QEMU.
        """
        if not isinstance(schema, list):
            return schema
        shown = []
        for info in schema:
            if _is_deprecated(info):
                continue
            if info.get("meta-type") == "object":
                left = [each for each in info["members"] if not _is_deprecated(each)]
                info = {**info, "members": left}
            shown.append(info)
        return shown

    # --- the schema ---

    def _parts(
        self, name: str, key: str, value: object, types: frozenset[str]
    ) -> Iterable[tuple[_Info, object]]:
        """The objects and enum values in a value that may have features, with their types.

        Without recursion, for values may be as deep as texts.  What is in an object comes after
        the object, so a member that has been taken out of it is not looked at.
        """
        info = self._schema.get(name)
        todo: list[tuple[str, object]] = [(info[key], value)] if info is not None else []
        while todo:
            type_name, part = todo.pop()
            if type_name not in types:
                continue
            info = self._schema[type_name]
            kind = info["meta-type"]
            if kind == "array" and isinstance(part, list):
                todo += [(info["element-type"], item) for item in part]
            elif kind == "alternate":
                todo += [(each, part) for each in _names(info) if self._takes(each, part)]
            elif kind == "enum" and isinstance(part, str):
                yield info, part
            elif kind == "object" and isinstance(part, dict):
                # The tag first: it may be gone afterwards.
                tag = part.get(info["tag"]) if "tag" in info else None
                yield info, part
                for member in info["members"]:
                    if member["name"] in part:
                        todo.append((member["type"], part[member["name"]]))
                for variant in info.get("variants", ()):
                    if variant["case"] == tag:
                        todo.append((variant["type"], part))

    def _takes(self, type_name: str, value: object) -> bool:
        """Whether a branch of an alternate is the one for a value."""
        kind = self._schema[type_name]["meta-type"]
        by_kind = {"object": dict, "array": list, "enum": str}
        return isinstance(value, by_kind.get(kind, ()))

    def _leading_to(self, features: frozenset[str], *, values: bool) -> frozenset[str]:
        """The types in which one of these features may be found, at any depth."""
        found = {
            name
            for name, info in self._schema.items()
            if (values or info["meta-type"] != "enum")
            and any(features.intersection(each.get("features", ())) for each in _members(info))
        }
        users: dict[str, set[str]] = {}
        for name, info in self._schema.items():
            for used in _names(info):
                users.setdefault(used, set()).add(name)
        todo = list(found)
        while todo:
            more = users.get(todo.pop(), set()) - found
            found |= more
            todo += more
        return frozenset(found)


def _members(info: _Info) -> Iterable[_Info]:
    """The members of an object or an enum."""
    return info.get("members", ()) if info["meta-type"] in ("object", "enum") else ()


def _names(info: _Info) -> list[str]:
    """The types that a type refers to directly."""
    kind = info["meta-type"]
    if kind == "array":
        return [info["element-type"]]
    if kind not in ("object", "alternate"):
        return []
    return [each["type"] for each in (*info["members"], *info.get("variants", ()))]


def _is_deprecated(info: _Info) -> bool:
    return "deprecated" in info.get("features", ())
