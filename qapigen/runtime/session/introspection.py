"""What clients ask any server about itself, answered: its version, its commands, its schema.

In: a version, a schema as introspection data.  Out: a registry that serves ``query-version``,
``query-commands`` and ``query-qmp-schema`` besides what its handlers do.
Must not know: connections, which other commands there are.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ..commands import CommandSpec, Registry
from ..messages import Greeting, VersionTriple
from ..visit import from_wire, visit_any
from .capabilities import NEGOTIATE

__all__ = ["IntrospectedRegistry"]

_VERSION: Final = "query-version"
_COMMANDS: Final = "query-commands"
_SCHEMA: Final = "query-qmp-schema"

#: How they are served where the server's own schema has no such commands.
_SPECS: Final = {
    name: CommandSpec(name=name, method=name.replace("-", "_"), visit_returns=visit_any)
    for name in (_VERSION, _COMMANDS, _SCHEMA)
}


class IntrospectedRegistry(Registry):
    """A registry that can also be asked what it is (QMP, introspection).

    ``specs`` and ``handlers`` are those of a :class:`~..commands.Registry`; a handler that has
    a method for one of these commands serves it itself.  ``version`` and ``package`` are those
    of the greeting.  ``schema`` gives the introspection data, such as the function
    ``query_qmp_schema`` of a generated package; of its commands only those are told that are
    served and enabled.  Without it, ``query-qmp-schema`` is not served.
    """

    def __init__(
        self,
        specs: Mapping[str, CommandSpec],
        handlers: Sequence[object],
        *,
        version: VersionTriple,
        package: str = "",
        schema: Callable[[], list[dict[str, Any]]] | None = None,
    ) -> None:
        # A view: the specifications of a big schema are loaded one by one.
        every = ChainMap(dict[str, CommandSpec](), specs, _SPECS)  # type: ignore[arg-type]
        super().__init__(every, [*handlers, _Answers(self, version, package, schema)])


class _Answers:
    """The handler of the three commands."""

    def __init__(
        self,
        registry: Registry,
        version: VersionTriple,
        package: str,
        schema: Callable[[], list[dict[str, Any]]] | None,
    ) -> None:
        self._registry = registry
        self._greeting = Greeting(version, package)
        self._schema = schema
        if schema is not None:
            self.query_qmp_schema = self._served_schema

    def query_version(self) -> object:
        return self._typed(_VERSION, self._greeting.version_info())

    def query_commands(self) -> object:
        return self._typed(_COMMANDS, [{"name": name} for name in self._names()])

    def _served_schema(self) -> object:
        assert self._schema is not None
        served = set(self._names())
        rows = [
            row for row in self._schema() if row["meta-type"] != "command" or row["name"] in served
        ]
        return self._typed(_SCHEMA, rows)

    def _names(self) -> list[str]:
        # Sessions serve the first themselves, before there can be any other.
        return [NEGOTIATE, *(each for each in self._registry.names() if each != NEGOTIATE)]

    def _typed(self, command: str, answer: object) -> object:
        """The answer as the command's specification wants it."""
        visit = self._registry.find(command).spec.visit_returns
        return answer if visit is None else from_wire(visit, answer)
