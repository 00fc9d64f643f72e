"""A package loads what is used, when it is used: all of QEMU costs what one command needs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.compiler.backends.python.packages import corpus_files, files_of, run_python, write

PROBE = """
import json, sys
{code}
prefix = "{package}"
print(json.dumps(sorted(n for n in sys.modules if n.partition(".")[0] == prefix)))
"""


def loaded(folder: Path, package: str, code: str) -> set[str]:
    """The modules of the package that a program of its own has loaded in the end."""
    result = run_python("-c", PROBE.format(code=code, package=package), paths=(folder,))
    assert result.returncode == 0, result.stderr
    return {name.removeprefix(f"{package}.") for name in json.loads(result.stdout.splitlines()[-1])}


@pytest.fixture(scope="module")
def qemu(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package of all of QEMU 7.2."""
    folder = tmp_path_factory.mktemp("qemu")
    write(folder, corpus_files(corpus, "qemu_7_2"))
    return folder


def test_import(qemu: Path) -> None:
    assert loaded(qemu, "qemu_7_2", "import qemu_7_2") == {"qemu_7_2"}
    assert loaded(qemu, "qemu_7_2", "import qemu_7_2; dir(qemu_7_2)") == {"qemu_7_2"}


def test_one_type(qemu: Path) -> None:
    code = "import qemu_7_2; qemu_7_2.MigrationStatus('active')"
    assert loaded(qemu, "qemu_7_2", code) == {"qemu_7_2", "types", "types.migration"}


def test_decoding_one_type(qemu: Path) -> None:
    """That loads its module; those that its members are from only where they are present."""
    code = """
from qapigen.runtime.visit import from_wire
from qemu_7_2 import visit
info = from_wire(visit.migration.visit_MigrationInfo, {"status": "active"})
assert info.status == "active", info
"""
    assert loaded(qemu, "qemu_7_2", code) == {
        *("qemu_7_2", "types", "types.migration"),
        *("visit", "visit.migration", "wire", "wire.migration"),
    }


def test_one_command(qemu: Path) -> None:
    code = """
from qemu_7_2 import NameInfo
from qemu_7_2.commands import registry
class Names:
    def query_name(self):
        return NameInfo(name="a")
assert registry(Names()).dispatch({"execute": "query-name"}) == {"return": {"name": "a"}}
"""
    assert loaded(qemu, "qemu_7_2", code) == {
        *("qemu_7_2", "commands", "commands.misc"),
        *("types", "types.misc", "visit", "visit.misc", "wire", "wire.misc"),
    }


def test_one_event(qemu: Path) -> None:
    code = """
from qapigen.runtime.events import parse_event
from qemu_7_2.events import SPECS
assert "MIGRATION" in SPECS and len(SPECS) > 40
message = {"event": "MIGRATION_PASS", "data": {"pass": 2}}
event, data = parse_event(SPECS, message | {"timestamp": {"seconds": 1, "microseconds": 2}})
assert data.pass_ == 2
"""
    assert loaded(qemu, "qemu_7_2", code) == {
        *("qemu_7_2", "events", "events.migration"),
        *("types", "types.migration", "visit", "visit.migration", "wire", "wire.migration"),
    }


def test_client(qemu: Path) -> None:
    """Over 200 commands, and none of them is loaded; nor is anything that connects."""
    code = """
from qemu_7_2.client import AsyncClient, BlockingClient
assert len([name for name in dir(AsyncClient) if not name.startswith("_")]) > 200
assert not {"asyncio", "socket", "ssl", "selectors"} & set(sys.modules)
"""
    assert loaded(qemu, "qemu_7_2", code) == {"qemu_7_2", "client"}


def test_one_command_of_a_client(qemu: Path) -> None:
    code = """
from qemu_7_2.client import BlockingClient, StopEvent
assert BlockingClient.query_name.__doc__
assert StopEvent.NAME == "STOP"
"""
    assert loaded(qemu, "qemu_7_2", code) == {
        *("qemu_7_2", "client", "client.misc", "types", "types.misc", "visit", "visit.misc"),
        *("client.run_state", "types.run_state", "visit.run_state"),
    }


def test_unknown_names(qemu: Path) -> None:
    code = """
import qemu_7_2, qemu_7_2.visit
for module, name in ((qemu_7_2, "Nope"), (qemu_7_2.visit, "nope")):
    try:
        getattr(module, name)
    except AttributeError as error:
        assert repr(name) in str(error)
    else:
        raise SystemExit(1)
"""
    assert loaded(qemu, "qemu_7_2", code) == {"qemu_7_2", "visit"}


def test_everything_loads(qemu: Path) -> None:
    """In any order: modules that need each other do not meet half made."""
    code = """
import importlib, pathlib
files = sorted(pathlib.Path("{folder}/qemu_7_2").rglob("*.py"), reverse={reverse})
for file in files:
    parts = file.relative_to("{folder}").with_suffix("").parts
    importlib.import_module(".".join(parts).removesuffix(".__init__"))
import qemu_7_2
for name in qemu_7_2.__all__:
    getattr(qemu_7_2, name)
"""
    for reverse in (True, False):
        text = code.format(folder=qemu, reverse=reverse)
        assert len(loaded(qemu, "qemu_7_2", text)) > 100


SELF_SHADOW = "{ 'struct': 'AttributeError', 'data': {} }"


def test_a_type_named_like_a_builtin(tmp_path: Path) -> None:
    """What the package itself needs stays what it is after the type was asked for."""
    write(tmp_path, files_of({"demo.json": SELF_SHADOW}, "shadow"))
    code = """
import shadow
assert shadow.AttributeError_.__name__ == "AttributeError_"
assert getattr(shadow, "Nope", None) is None
"""
    assert loaded(tmp_path, "shadow", code) == {"shadow", "types", "types.demo"}
