"""What an import costs: the runtime and generated code load nothing heavy, nor does the CLI.

Each import runs in an interpreter of its own; modules that the interpreter had loaded before are
not counted.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.house.modules import GENERATED
from tests.outside import REPOSITORY

PROBE = """
import json, sys
before = set(sys.modules)
for name in sys.argv[1:]:
    __import__(name)
print(json.dumps(sorted(set(sys.modules) - before)))
"""

#: What only the compiler may load, and late.
COMPILER = {"lark", "jinja2", "markupsafe", "black", "blib2to3", "click", "qapigen.compiler"}

#: Parts of the standard library that are slow to load, or that only some programs need.
HEAVY = {
    *("asyncio", "ssl", "socket", "selectors", "subprocess", "multiprocessing", "concurrent"),
    *("logging", "difflib", "argparse", "tempfile", "shutil", "unittest", "importlib.metadata"),
    *("email", "urllib", "http", "xml", "ctypes", "decimal", "fractions", "random", "hashlib"),
}


def loaded_by(*names: str) -> set[str]:
    """The modules that importing ``names`` loads into a fresh interpreter."""
    folders = [str(REPOSITORY), str(REPOSITORY / "generated")]
    result = subprocess.run(
        [sys.executable, "-c", PROBE, *names],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(folders)},
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    return set(json.loads(result.stdout))


def among(loaded: set[str], unwanted: set[str]) -> set[str]:
    """Those of ``loaded`` that are ``unwanted``, or inside of one that is."""
    return {
        name
        for name in loaded
        if any(name == bad or name.startswith(f"{bad}.") for bad in unwanted)
    }


def test_qapigen_loads_nothing() -> None:
    assert loaded_by("qapigen") == {"qapigen"}


@pytest.mark.parametrize(
    "name", ["qapigen.runtime", "qapigen.runtime.commands", "qapigen.runtime.events"]
)
def test_runtime(name: str) -> None:
    loaded = loaded_by(name)
    assert name in loaded
    assert not among(loaded, COMPILER | HEAVY)


def test_generated_package() -> None:
    loaded = loaded_by("qapi_migration")
    assert not among(loaded, COMPILER | HEAVY)


def test_generated_modules() -> None:
    names = [name.removesuffix(".__init__") for name in GENERATED]
    assert names, "generated/ is empty"
    loaded = loaded_by(*names)
    assert loaded.issuperset(names)
    assert not among(loaded, COMPILER | HEAVY)


def test_cli_waits_for_the_verb() -> None:
    loaded = loaded_by("qapigen.cli.main")
    assert not among(loaded, COMPILER | {"asyncio", "ssl"})


def test_what_is_right_is_read_without_lark() -> None:
    loaded = loaded_by("qapigen.compiler.pipeline", "qapigen.compiler.syntax.parse")
    assert not among(loaded, {"lark", "jinja2", "black"})


def test_something_heavy_is_found() -> None:
    assert among(loaded_by("asyncio"), HEAVY) >= {"asyncio", "asyncio.events"}
    assert "lark" in among(loaded_by("qapigen.compiler.syntax.grammar"), COMPILER)
