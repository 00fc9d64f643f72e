"""The vocabulary of visits: what generated code calls, what every visitor answers.

A generated ``visit_X(v, name, value)`` tells a visitor what a value of type X consists of; the
visitor decides what to do with it (read it from JSON, write it as JSON, copy it).  ``name`` is
the place of the value in its container and appears in error paths only.
Must not know: any particular visitor, JSON text, commands.

Generated modules may refer to each other in circles, so the tables of unions and alternates
come as functions (a lambda around a dict) that are called at first use, when all modules are
loaded.
"""

from __future__ import annotations

import builtins
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar, cast

from ..errors import article
from ..model import Enum, NullType, Struct, python_name
from .kinds import IntegerKind

__all__ = [
    "AlternateInfo",
    "Branch",
    "MembersFunction",
    "Tag",
    "UnionClass",
    "UnionInfo",
    "VisitFunction",
    "Visitor",
    "member_names",
]

T = TypeVar("T")
S = TypeVar("S", bound=Struct)
E = TypeVar("E", bound=Enum)

#: ``visit_X`` of a type X.
VisitFunction: TypeAlias = "Callable[[Visitor, str, T | None], T]"
#: ``visit_X_members`` of a struct X: visits each member of the object, in the order of the wire.
MembersFunction: TypeAlias = "Callable[[Visitor, S], None]"
#: A branch of a union: its class and the function that visits all members of this class (base
#: members, tag and own members), or the union that goes on choosing.
Branch: TypeAlias = "tuple[type[Any], MembersFunction[Any]] | UnionInfo[Any]"


class Visitor(ABC):
    """What a visit function may ask for.

    ``value`` is None where the visitor itself makes the value (input) and the value to be
    visited otherwise.  Every method returns the value in its Python form and raises
    :class:`VisitError` where the value does not fit.  A visitor that raised is used up.
    """

    __slots__ = ()

    @abstractmethod
    def struct(self, name: str, value: S | None, cls: type[S], members: MembersFunction[S]) -> S:
        """An object of class ``cls``, whose members ``members`` visits."""

    @abstractmethod
    def member(self, obj: Struct, wire: str, python: str, visit: VisitFunction[Any]) -> None:
        """A mandatory member of the object that is being visited."""

    @abstractmethod
    def optional(self, obj: Struct, wire: str, python: str, visit: VisitFunction[Any]) -> None:
        """A member that may be absent from the wire; None in Python then."""

    @abstractmethod
    def union(self, name: str, value: T | None, info: UnionInfo[T]) -> T:
        """An object whose tag member selects the class, one class per branch."""

    @abstractmethod
    def alternate(self, name: str, value: T | None, info: AlternateInfo[T]) -> T:
        """A value whose kind of JSON value alone selects the branch."""

    @abstractmethod
    def list(
        self, name: str, value: builtins.list[T] | None, visit: VisitFunction[T]
    ) -> builtins.list[T]:
        """An array of items that ``visit`` visits."""

    @abstractmethod
    def enum(self, name: str, value: E | None, cls: type[E]) -> E:
        """A string that is one of the values of an enum."""

    @abstractmethod
    def string(self, name: str, value: str | None) -> str:
        """A string of Unicode characters; lone surrogates are none."""

    @abstractmethod
    def integer(self, name: str, value: int | None, kind: IntegerKind) -> int:
        """An integer in the range of its kind; a bool or 1.0 is no integer."""

    @abstractmethod
    def number(self, name: str, value: float | None) -> float:
        """A finite number.

        An integer stays an int, so that it is written as it was read; one outside -2**63 to
        2**64 - 1 becomes a float, as QEMU's JSON reader has it.
        """

    @abstractmethod
    def boolean(self, name: str, value: bool | None) -> bool:
        """True or false; 0 and 1 are neither."""

    @abstractmethod
    def null(self, name: str, value: NullType | None) -> NullType:
        """The schema's null: ``null`` in JSON, ``NULL`` in Python."""

    @abstractmethod
    def any(self, name: str, value: object) -> object:
        """Any JSON value as plain Python data; null itself is ``NULL``, None inside of it."""


class Tag(NamedTuple):
    """What the tag of a union must be in an object of a certain class."""

    wire: str
    python: str
    value: str


class UnionClass(NamedTuple):
    """One class of a union: how to visit it, and the tags that go with it.

    Each of ``ways`` is one way to the class: its tags, that of the outermost union first.
    """

    members: MembersFunction[Any]
    ways: tuple[tuple[Tag, ...], ...]

    def wrong_tag(self, obj: object) -> Tag | None:
        """A tag that says that ``obj`` is of another class than it is; None if all is well."""
        wrong = None
        for way in self.ways:
            wrong = next((tag for tag in way if getattr(obj, tag.python, None) != tag.value), None)
            if wrong is None:
                return None
        return wrong


class UnionInfo(Generic[T]):
    """A union: an object whose tag member selects one of several classes.

    ``visit_base`` visits the members that all branches share, the tag among them, in their
    order; it finds the first error of an object whose tag selects nothing.  Where a branch is
    a union itself, its ``visit_base`` starts with the members of the outer base.
    """

    __slots__ = ("_branches", "_classes", "_make_branches", "name", "tag", "visit_base")

    def __init__(
        self,
        name: str,
        *,
        tag: str,
        visit_base: MembersFunction[Any],
        branches: Callable[[], Mapping[str, Branch]],
    ) -> None:
        self.name = name
        self.tag = tag
        self.visit_base = visit_base
        self._make_branches = branches
        self._branches: Mapping[str, Branch] | None = None
        self._classes: dict[type[Any], UnionClass] | None = None

    @property
    def branches(self) -> Mapping[str, Branch]:
        """The branch of each value of the tag."""
        if self._branches is None:
            self._branches = self._make_branches()
        return self._branches

    @property
    def classes(self) -> dict[type[Any], UnionClass]:
        """What belongs to each class, those of inner unions included."""
        if self._classes is None:
            self._classes = self._collect_classes()
        return self._classes

    def select(
        self, data: Mapping[str, object]
    ) -> tuple[type[Any], MembersFunction[Any]] | UnionInfo[Any]:
        """The class that the tags in a JSON object select, or the union whose tag selects none."""
        info: UnionInfo[Any] = self
        while True:
            tag = data.get(info.tag)
            branch = info.branches.get(tag) if isinstance(tag, str) else None
            if branch is None:
                return info
            if isinstance(branch, tuple):
                return branch
            info = branch

    def _collect_classes(self) -> dict[type[Any], UnionClass]:
        found: dict[type[Any], UnionClass] = {}
        for value, branch in self.branches.items():
            if isinstance(branch, tuple):
                inner = {branch[0]: UnionClass(branch[1], ((),))}
            else:
                inner = branch.classes
            for cls, (visit_members, ways) in inner.items():
                tag = Tag(self.tag, python_name(cls, self.tag), value)
                known = found[cls].ways if cls in found else ()
                longer = tuple((tag, *way) for way in ways)
                found[cls] = UnionClass(visit_members, known + longer)
        return found


class AlternateInfo(Generic[T]):
    """An alternate: the kind of JSON value alone selects the branch.

    ``branches`` gives the visit function of each kind that the alternate takes: ``string``,
    ``number``, ``boolean``, ``object``, ``array``, ``null``.
    """

    __slots__ = ("_branches", "_make_branches", "name")

    def __init__(
        self, name: str, *, branches: Callable[[], Mapping[str, VisitFunction[Any]]]
    ) -> None:
        self.name = name
        self._make_branches = branches
        self._branches: Mapping[str, VisitFunction[Any]] | None = None

    @property
    def branches(self) -> Mapping[str, VisitFunction[Any]]:
        """The visit function of each kind of JSON value."""
        if self._branches is None:
            self._branches = self._make_branches()
        return self._branches

    @property
    def expected(self) -> str:
        """How an error text calls what the alternate takes."""
        kinds = [kind if kind == "null" else article(kind) for kind in self.branches]
        return f"{' or '.join(kinds)} ({self.name})"


class _MemberNames:
    """Notes which members a members function visits, without visiting them."""

    def __init__(self) -> None:
        self.names: builtins.list[str] = []

    def member(self, obj: object, wire: str, python: str, visit: object) -> None:
        self.names.append(wire)

    optional = member


def member_names(members: MembersFunction[Any], obj: object) -> builtins.list[str]:
    """The names on the wire of the members that a members function visits, in its order."""
    notes = _MemberNames()
    # A members function calls nothing but member and optional.
    members(cast("Visitor", notes), obj)
    return notes.names
