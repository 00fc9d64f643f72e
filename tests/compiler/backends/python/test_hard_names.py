"""Every name, in every place of a schema, gives code that works and that type checkers accept."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from qapigen.compiler.backends.python.text import is_wide
from tests.compiler.backends.python.hard_names import DIALECT, PLACES, hard_names
from tests.compiler.backends.python.packages import files_of, run_python, write
from tests.compiler.backends.python.test_tools import mypy, pyright

#: The places that together have each name as a type, a member, a value, a command and a file.
CHECKED = ("types_0", "members", "values", "actions")
#: Of so many members or branches, in all that is made of them.
BIG = 1000

LOAD_ALL = """
import importlib, pathlib, sys, types
folder, package = sys.argv[1:]
for file in sorted(pathlib.Path(folder, package).rglob("*.py")):
    path = ".".join(file.relative_to(folder).with_suffix("").parts)
    importlib.import_module(path.removesuffix(".__init__"))
root = sys.modules[package]
for name in root.__all__:
    getattr(root, name)
for part in ("types", "visit", "wire"):
    folder = sys.modules[f"{package}.{part}"]
    for name in folder.__all__:
        assert isinstance(getattr(folder, name), types.ModuleType), (part, name)
for part in ("commands", "events"):
    specs = sys.modules[f"{package}.{part}"].SPECS
    for name in specs:
        assert specs[name].name == name
client = sys.modules[f"{package}.client"]
for name in client.__all__:
    getattr(client, name)
for cls in (client.AsyncClient, client.BlockingClient):
    for method in client._METHODS:
        assert callable(getattr(cls, method)), method
"""


def test_names_of_each_kind_are_there() -> None:
    some = {"class", "match", "OSError", "getattr", "TypeAlias", "dataclass", "StrEnum"}
    assert some | {"self", "not-served", "registry", "add_lazy_methods"} <= {*hard_names()}


@pytest.mark.parametrize("place", PLACES)
def test_all_of_it_loads(place: str, tmp_path: Path) -> None:
    files = files_of(PLACES[place](), "hard", dialect=DIALECT)
    write(tmp_path, files)
    found = run_python("-c", LOAD_ALL, str(tmp_path), "hard", paths=(tmp_path,))
    assert (found.returncode, found.stderr) == (0, "")
    for path, text in files.items():
        assert not path.endswith(".py") or not is_wide(text), path


ROUND_TRIP = """
import json, sys
from qapigen.runtime import decode, encode
from qapigen.runtime.visit import WireInput, WireOutput
from hard.visit import root
visit = getattr(root, sys.argv[1])
value = json.loads(sys.stdin.read() if len(sys.argv) < 3 else sys.argv[2])
typed = decode(visit, json.dumps(value))
assert typed == visit(WireInput(value), "at", None)
assert json.loads(encode(visit, typed)) == value
assert list(json.loads(encode(visit, typed))) == list(value)
"""


def test_members_are_read_and_written(tmp_path: Path) -> None:
    """An object with a member of each name: in parts and at once, to the same value and back."""
    schema = PLACES["members"]()
    write(tmp_path, files_of(schema, "hard", dialect=DIALECT))
    made: dict[str, object] = {
        "'str'": "x",
        "'any'": {"y": [1]},
        "['bool']": [True],
        "'null'": None,
    }
    made |= {"'number'": 0.5, "'ZzData'": {"zz-x": 7}, "['ZzTag']": ["b"], "'QType'": "qnum"}
    head = "{ 'struct': 'ZzStruct0'"
    (line,) = (line for line in schema["root.json"].splitlines() if line.startswith(head))
    pairs = re.findall(r"'\*?([\w.-]+)': ('\w+'|\['\w+'\])", line.partition("'data'")[2])
    value = {name: made[kind] for name, kind in pairs}
    assert len(value) > 400
    found = run_python("-c", ROUND_TRIP, "visit_ZzStruct0", json.dumps(value), paths=(tmp_path,))
    assert (found.returncode, found.stderr) == (0, "")


def big_schema(size: int) -> str:
    """A struct, arguments and event data of ``size`` members; an enum and a union as big."""
    members = ", ".join(
        f"'{'*' if at % 2 else ''}m{at}': '{('int', 'str')[at % 2]}'" for at in range(size)
    )
    values = [f"v{at}" for at in range(size)]
    branches = ", ".join(f"'{value}': 'Branch'" for value in values)
    return f"""
{{ 'enum': 'Tag', 'data': {values} }}
{{ 'struct': 'Branch', 'data': {{ 'x': 'int' }} }}
{{ 'struct': 'Data', 'data': {{ {members} }} }}
{{ 'union': 'Wide', 'base': {{ 't': 'Tag' }}, 'discriminator': 't', 'data': {{ {branches} }} }}
{{ 'alternate': 'Either', 'data': {{ 'w': 'Wide', 's': 'str' }} }}
{{ 'command': 'do-data', 'data': 'Data', 'returns': 'Wide' }}
{{ 'command': 'do-wide', 'data': 'Wide', 'boxed': true, 'returns': [ 'Wide' ] }}
{{ 'command': 'do-inline', 'data': {{ {members} }}, 'returns': 'Data' }}
{{ 'event': 'BIG', 'data': {{ {members} }} }}
{{ 'event': 'WIDE', 'data': 'Wide', 'boxed': true }}
"""


def test_big_objects_are_read_and_written(tmp_path: Path) -> None:
    write(tmp_path, files_of({"root.json": big_schema(BIG)}, "hard"))
    whole = {f"m{at}": str(at) if at % 2 else at for at in range(BIG)}
    for part in (whole, {name: each for name, each in whole.items() if isinstance(each, int)}):
        found = run_python("-c", ROUND_TRIP, "visit_Data", json.dumps(part), paths=(tmp_path,))
        assert (found.returncode, found.stderr) == (0, "")
    value = {"t": f"v{BIG - 1}", "x": 1}
    found = run_python("-c", ROUND_TRIP, "visit_Either", json.dumps(value), paths=(tmp_path,))
    assert (found.returncode, found.stderr) == (0, "")


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with packages for type checkers."""
    folder = tmp_path_factory.mktemp("hard")
    for place in CHECKED:
        files = files_of(PLACES[place](), f"hard_{place}", dialect=DIALECT)
        write(folder / "generated", files)
    write(folder / "generated", files_of({"root.json": big_schema(BIG)}, "hard_big"))
    return folder


@pytest.mark.slow
def test_mypy(checked: Path) -> None:
    assert mypy(checked).startswith("Success: no issues found")


@pytest.mark.slow
def test_mypy_on_files(tmp_path: Path) -> None:
    write(tmp_path / "generated", files_of(PLACES["files"](), "hard", dialect=DIALECT))
    assert mypy(tmp_path).startswith("Success: no issues found")


@pytest.mark.slow
def test_pyright(tmp_path: Path) -> None:
    files = files_of(PLACES["actions"](), "hard_actions", dialect=DIALECT)
    write(tmp_path / "generated", files)
    write(tmp_path / "generated", files_of({"root.json": big_schema(BIG)}, "hard_big"))
    assert pyright(tmp_path) == []
