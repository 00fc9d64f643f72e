"""The package itself: light to import, its names found where they belong."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

import qapigen.runtime as runtime

HEAVY = ("asyncio", "dataclasses", "difflib", "inspect", "json", "logging", "typing")


def loaded_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    # -S and -I: what the environment loads at start is not ours.
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{code}"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_importing_the_package_loads_nothing_else() -> None:
    loaded = loaded_after("import qapigen.runtime")
    assert "qapigen.runtime" in loaded
    assert not loaded & set(HEAVY)
    assert not {name for name in loaded if name.startswith("qapigen.runtime.")}


def test_the_compiler_and_its_libraries_are_never_loaded() -> None:
    loaded = loaded_after("import qapigen.runtime.commands, qapigen.runtime.events")
    assert not {name for name in loaded if name.startswith("qapigen.compiler")}
    assert not loaded & {"lark", "jinja2", "black", "asyncio", "logging", "difflib"}


@pytest.mark.parametrize("name", runtime.__all__)
def test_every_public_name_is_that_of_its_module(name: str) -> None:
    value = getattr(runtime, name)
    modules = [module for module, names in runtime._MODULES.items() if name in names]
    assert len(modules) == 1
    module = importlib.import_module(f"qapigen.runtime.{modules[0]}")
    assert getattr(module, name) is value
    assert name in module.__all__
    assert name in dir(runtime)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        getattr(runtime, "nonsense")  # noqa: B009 - type checkers know it, too
