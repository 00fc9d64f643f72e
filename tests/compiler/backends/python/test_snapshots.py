"""What the generated code looks like, a construct at a time.  Review a change like code."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.compiler.backends.python.constructs import CONSTRUCTS
from tests.compiler.backends.python.packages import construct_files, construct_package

SHOWN = [(name, path) for name, construct in CONSTRUCTS.items() for path in construct.shown]


@pytest.mark.parametrize(("name", "path"), SHOWN)
def test_reads_well(name: str, path: str, snapshot: SnapshotAssertion) -> None:
    assert construct_files(name)[f"{construct_package(name)}/{path}"] == snapshot


def test_all_files_of_a_package() -> None:
    """What else there is: a module only where the schema has something for it."""
    found = [path.removeprefix("demo_modules/") for path in construct_files("modules")]
    assert found == [
        "__init__.py",
        *(f"client/{name}.py" for name in ("__init__", *SERVING)),
        "commands/__init__.py",
        "commands/only_commands.py",
        "commands/registry_.py",
        "commands/sub_registry.py",
        "events/__init__.py",
        "events/sub_registry_.py",
        "introspect.py",
        "py.typed",
        *(f"types/{name}.py" for name in TYPED),
        *(f"visit/{name}.py" for name in TYPED),
        *(f"wire/{name}.py" for name in TYPED),
    ]


#: Modules that have commands or events.
SERVING = ("only_commands", "registry_", "sub_registry", "sub_registry_")

#: Modules that have types; arguments that are written in place are types, too.
TYPED = (
    *("_2d_x", "__init__", "import_", "import_module_", "registry_"),
    *("sub_registry", "sub_registry_"),
)
