"""Stand-ins behave as the methods that they stand for."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any

import pytest

from qapigen.runtime.typed.lazy import add_lazy_methods

TEXT = """
class Methods:
    \"\"\"Some.\"\"\"

    def one(self, number: int) -> str:
        \"\"\"The first.\"\"\"
        return f"{type(self).__name__} {number}"

    def two(self) -> str:
        return self.one(2)

    def _own(self) -> None: ...
"""


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A class with methods of two modules, which are not loaded."""
    folder = tmp_path / "lazy_methods"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "near.py").write_text(TEXT)
    (folder / "far.py").write_text(
        "class Methods:\n    def three(self) -> int:\n        return 3\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("", ".near", ".far"):
        monkeypatch.delitem(sys.modules, f"lazy_methods{name}", raising=False)

    class Many:
        def two(self) -> str:
            return "mine"

    methods = {"one": "near", "three": "far", "gone": "near", "lost": "nowhere"}
    add_lazy_methods(Many, "lazy_methods", methods, source="Methods")
    return Many


def loaded() -> set[str]:
    return {name.partition(".")[2] for name in sys.modules if name.startswith("lazy_methods.")}


def test_a_module_is_loaded_when_it_is_needed(many: Any) -> None:
    assert {"one", "three"} < set(dir(many))
    assert loaded() == set()
    assert many().one(1) == "Many 1"
    assert loaded() == {"near"}
    assert many().three() == 3


def test_stand_ins_are_replaced_and_nothing_else(many: Any) -> None:
    first = many.one
    assert vars(many)["one"] is first
    assert many.one is first
    assert many().two() == "mine"  # what the class has itself stays
    assert not hasattr(many, "_own")


def test_from_a_subclass(many: Any) -> None:
    class Mine(many):  # type: ignore[misc]
        def one(self, number: int) -> str:
            text: str = super().one(number + 1)
            return text

    assert Mine().one(1) == "Mine 2"
    assert Mine().three() == 3


def test_inspection(many: Any) -> None:
    assert inspect.getdoc(many.one) == "The first."
    assert list(inspect.signature(many.one).parameters) == ["self", "number"]


def test_what_is_not_there(many: Any) -> None:
    with pytest.raises(KeyError):
        many().gone()
    with pytest.raises(ModuleNotFoundError):
        many().lost()
