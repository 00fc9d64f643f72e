"""Which types have functions of their own, with each JSON library."""

from __future__ import annotations

from qapigen.runtime.visit import builtin as builtins

from ..sample_types import visit_Mixed, visit_Node, visit_Payment, visit_RunStats
from ..visit.every_type import EVERY_TYPE
from .libraries import EACH, Library, some


@EACH
def test_which_types_have_functions(library: Library) -> None:
    readers, writers = some(library.reader_of), some(library.writer_of)
    assert readers.keys() == writers.keys() < EVERY_TYPE.keys()
    assert {
        "migration.visit_MigrationInfo",
        "migration.visit_MigrateSetParameters",
        "migration.visit_MigrationCapabilityStatus_list",
        "sample_types.visit_RunStats",
        "builtin.visit_size_list",
    } <= readers.keys()
    for visit in (visit_Node, visit_Payment, visit_Mixed, builtins.visit_any, builtins.visit_int):
        assert library.reader_of(visit) is None
        assert library.writer_of(visit) is None


@EACH
def test_functions_share_nothing(library: Library) -> None:
    first, second = library.reader(visit_RunStats), library.reader(visit_RunStats)
    assert first is not second
    assert first.__globals__ is not second.__globals__
