"""Checking on one screen: what was written becomes what it means.

In: the trees of all files.  Out: a :class:`~qapigen.compiler.ir.Schema`, or diagnostics.
Must not know: lark, the file system, any target language.
"""

from __future__ import annotations

from ..diagnostics import Report
from ..dialect import Dialect
from ..ir import Schema
from ..syntax.tree import SourceTree
from .clashes import check_feature_count
from .context import Context
from .resolve import Scope
from .rules import Walk
from .shape import Shapes

__all__ = ["check"]


def check(tree: SourceTree, dialect: Dialect, report: Report) -> Schema | None:
    """The schema that ``tree`` describes; None after problems, all of which are reported.

    The first problem is the one that the language says must be found first.
    """
    context = Context(dialect, tree.pragmas)
    shapes = Shapes(context)
    drafts = [shapes.draft(e, index) for index, e in enumerate(tree.expressions)]
    scope = Scope(context, drafts)
    Walk(context, scope).run(drafts)
    check_feature_count(drafts)
    context.findings.flush(report)
    if report.failed:
        return None
    definitions = tuple(d.definition for d in drafts if d.definition is not None)
    return Schema(dialect.name, tree.modules, definitions, tree.docs)
