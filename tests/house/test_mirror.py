"""Every module has its tests where one looks for them.

``qapigen/a/b.py`` is tested by ``tests/a/test_b.py``, or by several files ``tests/a/test_b_*.py``.
What is tested elsewhere stands in the table, with the reason.
"""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from tests.house.modules import QAPIGEN, Module
from tests.outside import REPOSITORY

#: Modules, or packages with all they contain: where their tests are, and why there.
ELSEWHERE = {
    "qapigen.__init__": ("tests/house", "a version, looked at by the wheel and import tests"),
    "qapigen.__main__": ("tests/cli", "one call of the command line"),
    "qapigen.compiler.check": (
        "tests/compiler/check",
        "rules are reached through check(); the tests are tables by diagnostic code",
    ),
    "qapigen.compiler.backends.markdown": (
        "tests/compiler/backends",
        "pages are tested as a whole, by construct",
    ),
    "qapigen.compiler.backends.texts": (
        "tests/compiler/backends/texts",
        "texts are read and printed again, by markup; what pages do with them is tested there",
    ),
    "qapigen.compiler.backends.python": (
        "tests/compiler/backends",
        "generated code is tested as a whole: read as snapshots, imported and run",
    ),
}


def own_tests(module: Module) -> list[str]:
    """The test files that mirror a module."""
    path = PurePosixPath(module.relative).relative_to("qapigen")
    stem = path.parent.name if path.stem == "__init__" else path.stem
    folder = REPOSITORY / "tests" / path.parent
    found = [*folder.glob(f"test_{stem}.py"), *folder.glob(f"test_{stem}_*.py")]
    return [file.relative_to(REPOSITORY).as_posix() for file in sorted(found)]


def elsewhere(name: str) -> str | None:
    """The entry of the table that covers a module."""
    fits = [entry for entry in ELSEWHERE if name == entry or name.startswith(f"{entry}.")]
    return max(fits, key=len, default=None)


@pytest.mark.parametrize(
    "module",
    [module for module in QAPIGEN.values() if not module.only_docstring],
    ids=lambda module: module.name,
)
def test_has_tests(module: Module) -> None:
    found = own_tests(module) or elsewhere(module.name)
    assert found, f"{module.relative} has no tests; write them, or say in the table where they are"


@pytest.mark.parametrize("entry", ELSEWHERE)
def test_the_table_is_true(entry: str) -> None:
    """An entry covers a module that has no test file of its own, and leads to tests."""
    covered = [module for name, module in QAPIGEN.items() if elsewhere(name) == entry]
    assert covered, f"{entry} is no module"
    assert any(not own_tests(module) for module in covered), f"{entry} needs no entry any more"
    place = REPOSITORY / ELSEWHERE[entry][0]
    tests = [place] if place.is_file() else list(place.rglob("test_*.py"))
    assert tests, f"no tests in {ELSEWHERE[entry][0]}"


def test_a_module_without_tests_is_found() -> None:
    lost = Module("qapigen.lost.found", REPOSITORY / "qapigen" / "lost" / "found.py")
    assert not own_tests(lost)
    assert elsewhere(lost.name) is None
    assert elsewhere("qapigen.compiler.checks") is None
