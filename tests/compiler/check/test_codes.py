"""Every code of the checker has a case, in the dialects that the language gives it."""

from __future__ import annotations

import pytest

from qapigen.compiler.codes import CODES, Stage

from . import (
    test_alternates,
    test_arguments,
    test_conditions,
    test_docs,
    test_head,
    test_names,
    test_resolve,
    test_rules,
    test_shape,
    test_unions,
)

TABLES = (
    test_alternates.CASES,
    test_arguments.CASES,
    test_conditions.CASES,
    test_head.CASES,
    test_head.DOC_CASES,
    test_names.CASES,
    test_resolve.CASES,
    test_rules.CASES,
    test_shape.CASES,
    test_unions.CASES,
)

OLD_ONLY = {52, 88, 89, 90, 91, 102, 110, 116, 127}
MODERN_ONLY = {
    *(53, 54, 55, 61, 67, 68, 73, 74, 77, 86),
    *range(93, 101),
    *(103, 107, 108, 111, 112, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 128, 129, 131),
    134,
}
#: Codes whose cases are tests of their own.
APART = {"E119": {"modern"}, "E134": {"modern"}}


def covered() -> dict[str, set[str]]:
    """The dialects in which each code has a case; 7.2 counts as modern."""
    found: dict[str, set[str]] = {code: set(dialects) for code, dialects in APART.items()}
    for table in TABLES:
        for case in table:
            found.setdefault(case.code, set()).update(case.dialects)
    for doc_case in test_docs.CASES:
        found.setdefault(doc_case.code, set()).update(doc_case.lines)
    return {code: {"2018" if d == "2018" else "modern" for d in found[code]} for code in found}


#: Codes of the checker: reading has tests of its own, so have configurations and advice.
CHECKED = [
    code.id for code in CODES.values() if code.stage > Stage.READ and code.stage <= Stage.LIMITS
]


@pytest.mark.parametrize("code", CHECKED)
def test_code_has_cases(code: str) -> None:
    number = int(code[1:])
    expected = {"2018", "modern"}
    if number in OLD_ONLY:
        expected = {"2018"}
    elif number in MODERN_ONLY:
        expected = {"modern"}
    assert covered().get(code) == expected


def test_numbers_and_names_are_given_once() -> None:
    assert len({code.id for code in CODES.values()}) == len(CODES)
    assert all(slug == code.slug for slug, code in CODES.items())
