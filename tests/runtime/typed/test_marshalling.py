from __future__ import annotations

from typing import Any, cast

import pytest

from qapigen.runtime.errors import VisitError
from qapigen.runtime.typed.marshalling import typed_answer, wire_arguments
from tests.runtime.sample_commands import StartArguments, visit_StartArguments
from tests.runtime.sample_types import visit_RunInfo


def test_arguments() -> None:
    assert wire_arguments(None, None) is None
    start = StartArguments(uri="a", dry_run=True)
    assert wire_arguments(visit_StartArguments, start) == {"uri": "a", "dry-run": True}


@pytest.mark.parametrize("wrong", [None, 1, {"uri": "a"}, StartArguments(uri=cast("Any", 1))])
def test_wrong_arguments(wrong: object) -> None:
    with pytest.raises(VisitError, match="^arguments"):
        wire_arguments(visit_StartArguments, wrong)


def test_answers() -> None:
    info = typed_answer(visit_RunInfo, {"status": "resting", "new": 1})
    assert info.status == "resting"
    with pytest.raises(VisitError, match=r"^return\.status: "):
        typed_answer(visit_RunInfo, {"status": 1})
