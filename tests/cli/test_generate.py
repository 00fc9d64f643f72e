"""``qapigen generate``."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from qapigen.cli import generate
from qapigen.cli.status import CRASH, FINDINGS, FINE, TROUBLE
from qapigen.compiler import disk
from tests.cli.conftest import Call, one_error
from tests.cli.process import (
    environment,
    open_to_others,
    run,
    run_unprivileged,
    write_files,
)

PACKAGE_FILES = [
    "__init__.py",
    "client/__init__.py",
    "client/shop.py",
    "commands/__init__.py",
    "commands/shop.py",
    "events/__init__.py",
    "events/shop.py",
    "introspect.py",
    "py.typed",
    "types/__init__.py",
    "types/shop.py",
    "types/staff.py",
    "types/sub_goods.py",
    "visit/__init__.py",
    "visit/shop.py",
    "visit/staff.py",
    "visit/sub_goods.py",
    "wire/__init__.py",
    "wire/shop.py",
    "wire/staff.py",
    "wire/sub_goods.py",
]


def files_in(folder: Path) -> dict[str, str]:
    """All files but the manifest."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in found
        if path.name != ".qapigen.json"
    }


# --- what it makes ---


def test_defaults(call: Call, shop: Path, tmp_path: Path) -> None:
    found = call("generate", shop, "-o", tmp_path / "out")
    assert (found.status, found.out) == (FINE, "")
    assert "files written, 0 unchanged" in found.err
    made = files_in(tmp_path / "out")
    package = [path.removeprefix("shop/") for path in made if path.startswith("shop/")]
    assert package == PACKAGE_FILES
    docs = [path for path in made if path.startswith("docs/")]
    assert docs == [
        "docs/shop/index.md",
        "docs/shop/shop.md",
        "docs/shop/staff.md",
        "docs/shop/sub/goods.md",
    ]
    assert len(made) == len(package) + len(docs)


def test_the_package_works(call: Call, shop: Path, tmp_path: Path) -> None:
    assert call("generate", shop, "-o", tmp_path / "out").status == FINE
    code = "import shop; print(shop.Receipt(sum=1.5), shop.Good.TEA)"
    found = run_code(code, tmp_path / "out")
    assert found.stdout == "Receipt(sum=1.5) tea\n", found.stderr


def run_code(code: str, path: Path) -> subprocess.CompletedProcess[str]:
    env = environment()
    env["PYTHONPATH"] = os.pathsep.join([str(path), env["PYTHONPATH"]])
    return subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, check=False, text=True
    )


def test_shipped_schema(call: Call, tmp_path: Path) -> None:
    assert call("generate", "-o", tmp_path, "--backend", "types").status == FINE
    assert (tmp_path / "qapi_migration" / "types" / "migration.py").is_file()


def test_again(call: Call, shop: Path, tmp_path: Path) -> None:
    """A second run writes nothing, and one with less removes the rest."""
    out = tmp_path / "out"
    call("generate", shop, "-o", out)
    times = {path: (out / path).stat().st_mtime_ns for path in files_in(out)}
    assert ": 0 files written, 25 unchanged" in call("generate", shop, "-o", out).err
    assert times == {path: (out / path).stat().st_mtime_ns for path in files_in(out)}
    found = call("generate", shop, "-o", out, "--backend", "python")
    assert "4 removed" in found.err
    assert not (out / "docs").exists()


def test_stdout(call: Call, shop: Path) -> None:
    found = call("generate", shop, "-o", "-", "--backend", "events")
    assert (found.status, found.err) == (FINE, "")
    shown = re.findall(r"^# ==> (.*) <==$", found.out, re.MULTILINE)
    assert shown == ["shop/events/__init__.py", "shop/events/shop.py"]
    alone = call("generate", shop, "-o", "-", "--backend", "introspect")
    assert alone.out.startswith('"""')
    assert "# ==>" not in alone.out


def test_needs_output(call: Call, shop: Path) -> None:
    assert "-o" in one_error(call("generate", shop), TROUBLE)


# --- the name of the package ---


@pytest.mark.parametrize("package", ["a", "acme.shop", "acme.shop.qapi", "_x", "Shop2"])
def test_package(call: Call, shop: Path, tmp_path: Path, package: str) -> None:
    found = call("generate", shop, "-o", tmp_path, "--package", package, "--backend", "types")
    assert found.status == FINE
    assert (tmp_path / package.replace(".", "/") / "types" / "shop.py").is_file()


def test_dotted_packages_import(call: Call, shop: Path, tmp_path: Path) -> None:
    call("generate", shop, "-o", tmp_path / "out", "--package", "acme.shop")
    code = "from acme.shop.commands import registry; print(registry().names())"
    assert run_code(code, tmp_path / "out").stdout == "[]\n"


@pytest.mark.parametrize(
    "package", ["", "1a", "a-b", "a..b", ".a", "a.", "class", "a.def", "a b", "../a", "a/b", "é"]
)
def test_bad_packages(call: Call, shop: Path, tmp_path: Path, package: str) -> None:
    line = one_error(call("generate", shop, "-o", tmp_path / "out", "--package", package), TROUBLE)
    assert f"'{package}'" in line
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("package", ["json", "typing", "Json", "qapigen", "xml.shop", "_thread"])
def test_packages_that_hide_modules(call: Call, shop: Path, tmp_path: Path, package: str) -> None:
    line = one_error(call("generate", shop, "-o", tmp_path / "out", "--package", package), TROUBLE)
    assert f"'--package qapi_{package.partition('.')[0]}'" in line
    assert f"'--package NAME.{package}'" in line
    assert not (tmp_path / "out").exists()


def test_packages_called_like_modules_of_others(call: Call, shop: Path, tmp_path: Path) -> None:
    """Only the first part of a name is looked up among all modules."""
    chosen = ("--package", "acme.json", "--backend", "types")
    assert call("generate", shop, "-o", tmp_path, *chosen).status == FINE


@pytest.mark.parametrize(
    ("file", "package"),
    [
        ("qapi-schema.json", "qapi_schema"),
        ("Shop.json", "shop"),
        ("2d.json", "qapi_2d"),
        ("class.json", "qapi_class"),
        ("schema", "schema"),
        ("-.json", "qapi"),
        ("json.json", "qapi_json"),
        ("qapigen.json", "qapi_qapigen"),
        ("ü.json", "qapi"),
    ],
)
def test_package_from_the_schema(call: Call, tmp_path: Path, file: str, package: str) -> None:
    root = write_files(tmp_path / "in", {file: "{ 'enum': 'Foo', 'data': [] }"})
    assert call("generate", root, "-o", tmp_path, "--backend", "types").status == FINE
    assert (tmp_path / package / "types").is_dir()


# --- what to make ---


@pytest.mark.parametrize(
    ("backend", "made"),
    [
        ("types", ["__init__.py", "py.typed", "types/__init__.py", "types/sub_goods.py"]),
        ("visit", ["visit/__init__.py", "visit/sub_goods.py"]),
        ("commands", ["commands/__init__.py", "commands/shop.py"]),
        ("events", ["events/__init__.py", "events/shop.py"]),
        ("client", ["client/__init__.py", "client/shop.py"]),
        ("introspect", ["introspect.py"]),
        ("python", PACKAGE_FILES),
    ],
)
def test_backends(call: Call, shop: Path, tmp_path: Path, backend: str, made: list[str]) -> None:
    assert call("generate", shop, "-o", tmp_path / "o", "--backend", backend).status == FINE
    found = files_in(tmp_path / "o")
    assert {f"shop/{path}" for path in made} <= set(found)
    folders = {path.split("/")[0] for path in made if "/" in path}
    assert {path.split("/")[1] for path in found if path.count("/") > 1} == folders


def test_markdown_alone(call: Call, shop: Path, tmp_path: Path) -> None:
    assert call("generate", shop, "-o", tmp_path / "o", "--backend", "markdown").status == FINE
    assert all(path.startswith("docs/") for path in files_in(tmp_path / "o"))


def test_several_backends(call: Call, shop: Path, tmp_path: Path) -> None:
    options = ("--backend", "types", "--backend", "introspect", "--backend", "types")
    assert call("generate", shop, "-o", tmp_path / "o", *options).status == FINE
    assert "shop/introspect.py" in files_in(tmp_path / "o")


def test_unknown_backend(call: Call, shop: Path, tmp_path: Path) -> None:
    found = call("generate", shop, "-o", tmp_path / "o", "--backend", "fortran")
    line = one_error(found, TROUBLE)
    assert "'fortran'" in line
    assert "types, visit, wire, commands, events, client, introspect, markdown" in line
    assert not (tmp_path / "o").exists()


def test_modules(call: Call, shop: Path, tmp_path: Path) -> None:
    """The chosen module and those that it needs."""
    options = ("--module", "shop.json", "--backend", "types")
    assert call("generate", shop, "-o", tmp_path / "o", *options).status == FINE
    types = [path for path in files_in(tmp_path / "o") if path.startswith("shop/types/")]
    assert types == ["shop/types/__init__.py", "shop/types/shop.py", "shop/types/sub_goods.py"]
    others = ("--module", "sub/goods.json", "--module", "staff.json", "--backend", "types")
    assert call("generate", shop, "-o", tmp_path / "p", *others).status == FINE
    assert "shop/types/shop.py" not in files_in(tmp_path / "p")


def test_module_of_an_implicit_type(call: Call, tmp_path: Path) -> None:
    """The enum of a simple union comes from where the union is."""
    root = write_files(
        tmp_path / "in",
        {
            "a.json": "{ 'include': 'b.json' }\n{ 'include': 'c.json' }\n",
            "b.json": "{ 'union': 'Shape', 'data': { 'name': 'str' } }\n",
            "c.json": "{ 'struct': 'Kinds', 'data': { 'all': [ 'ShapeKind' ] } }\n",
        },
    )
    options = ("--module", "c.json", "--backend", "python", "--dialect", "2018")
    assert call("generate", root, "-o", tmp_path / "o", *options).status == FINE
    code = """
from a.visit.c import visit_Kinds
from qapigen.runtime.visit import from_wire
print(from_wire(visit_Kinds, {"all": ["name"]}))
"""
    assert run_code(code, tmp_path / "o").stdout == "Kinds(all=[<ShapeKind.NAME: 'name'>])\n"


def test_unknown_module(call: Call, shop: Path, tmp_path: Path) -> None:
    line = one_error(call("generate", shop, "-o", tmp_path / "o", "--module", "x.json"), TROUBLE)
    assert "'x.json'" in line
    assert "shop.json, sub/goods.json, staff.json" in line


def test_unmask(call: Call, shop: Path) -> None:
    for options, name in (((), '"1"'), (("--unmask",), '"Receipt"')):
        found = call("generate", shop, "-o", "-", "--backend", "introspect", *options)
        assert f'"ret-type": {name}' in found.out


# --- comparing ---


def test_check_of_fresh_output(call: Call, shop: Path, tmp_path: Path) -> None:
    call("generate", shop, "-o", tmp_path / "o")
    found = call("generate", shop, "-o", tmp_path / "o", "--check")
    assert (found.status, found.out, found.err) == (FINE, "", "")


def test_check_of_stale_output(call: Call, shop: Path, tmp_path: Path) -> None:
    """A unified diff that patches the output, and nothing is written."""
    out = tmp_path / "o"
    call("generate", shop, "-o", out)
    shop.write_text(shop.read_text().replace("'sum': 'number'", "'total': 'number'"))
    before = files_in(out)
    found = call("generate", shop, "-o", out, "--check")
    assert found.status == FINDINGS
    assert "stale" in found.err
    assert "--- a/shop/types/shop.py\n+++ b/shop/types/shop.py\n@@ " in found.out
    assert "\n-    sum: float\n+    total: float\n" in found.out
    assert files_in(out) == before
    call("generate", shop, "-o", out)
    assert call("generate", shop, "-o", out, "--check").status == FINE


def test_check_of_missing_output(call: Call, shop: Path, tmp_path: Path) -> None:
    found = call("generate", shop, "-o", tmp_path / "o", "--check")
    assert found.status == FINDINGS
    assert "--- /dev/null\n+++ b/shop/types/shop.py\n" in found.out
    assert not (tmp_path / "o").exists()


def test_check_of_files_too_many(call: Call, shop: Path, tmp_path: Path) -> None:
    call("generate", shop, "-o", tmp_path / "o")
    found = call("generate", shop, "-o", tmp_path / "o", "--check", "--backend", "python")
    assert found.status == FINDINGS
    assert "--- a/docs/shop/index.md\n+++ /dev/null\n" in found.out


def test_check_of_damaged_output(call: Call, shop: Path, tmp_path: Path) -> None:
    """A file that is no text differs like any other."""
    call("generate", shop, "-o", tmp_path / "o")
    (tmp_path / "o" / "shop" / "introspect.py").write_bytes(b"\xff\n")
    found = run("generate", shop, "-o", tmp_path / "o", "--check", errors="surrogateescape")
    assert found.returncode == FINDINGS
    assert "\n-\udcff\n" in found.stdout
    assert "Traceback" not in found.stderr


def test_check_has_nothing_to_compare(call: Call, shop: Path) -> None:
    assert "--check" in one_error(call("generate", shop, "-o", "-", "--check"), TROUBLE)


# --- output that cannot be written ---


def test_errors_leave_output_alone(call: Call, shop: Path, tmp_path: Path) -> None:
    out = tmp_path / "o"
    call("generate", shop, "-o", out)
    before = files_in(out)
    shop.write_text("{ 'struct': 'Receipt' }")
    assert call("generate", shop, "-o", out).status == FINDINGS
    assert files_in(out) == before


def test_output_is_a_file(call: Call, shop: Path, tmp_path: Path) -> None:
    (tmp_path / "o").write_text("mine")
    line = one_error(call("generate", shop, "-o", tmp_path / "o"), TROUBLE)
    assert str(tmp_path / "o") in line
    assert (tmp_path / "o").read_text() == "mine"


def test_foreign_files(call: Call, shop: Path, tmp_path: Path) -> None:
    write_files(tmp_path / "o", {"shop/introspect.py": "mine = True\n"})
    line = one_error(call("generate", shop, "-o", tmp_path / "o"), TROUBLE)
    assert "introspect.py" in line
    assert files_in(tmp_path / "o") == {"shop/introspect.py": "mine = True\n"}


def test_full_disk(call: Call, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No room for the last file: what was there stays, complete, and nothing is left behind."""
    out = tmp_path / "o"
    call("generate", shop, "-o", out)
    before = files_in(out)
    shop.write_text(shop.read_text().replace("Receipt", "Bill"))
    prepare: Any = disk._prepare
    prepared: list[object] = []

    def last_is_too_much(*arguments: object) -> None:
        prepared.append(arguments)
        if len(prepared) == 5:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(out))
        prepare(*arguments)

    monkeypatch.setattr(disk, "_prepare", last_is_too_much)
    line = one_error(call("generate", shop, "-o", out), TROUBLE)
    assert "No space left on device" in line
    assert files_in(out) == before


@pytest.fixture
def others_output(call: Call, shop: Path, tmp_path: Path) -> Path:
    """An output folder that may be read and not be written."""
    out = tmp_path / "o"
    call("generate", shop, "-o", out)
    open_to_others(tmp_path)
    for folder in [out, *(path for path in out.rglob("*") if path.is_dir())]:
        folder.chmod(0o555)
    return out


def test_read_only_output(shop: Path, others_output: Path) -> None:
    before = files_in(others_output)
    shop.write_text(shop.read_text().replace("Receipt", "Bill"))
    arguments = ("generate", shop, "-o", others_output)
    found = run_unprivileged(*arguments, warm=(*arguments, "--check"))
    assert found.returncode == TROUBLE, found.stderr
    assert found.stderr.count("error: ") == 1
    assert "Permission denied" in found.stderr
    assert "Traceback" not in found.stderr
    assert files_in(others_output) == before


# --- installed backends ---


def test_backend_that_disagrees(
    call: Call, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two backends that make the same file differently are the user's to sort out."""
    install(tmp_path / "site", "def files(schema, request): return {'shop/introspect.py': ''}")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    options = ("--backend", "introspect", "--backend", "acme")
    line = one_error(call("generate", shop, "-o", tmp_path / "o", *options), TROUBLE)
    assert "shop/introspect.py" in line


def test_backend_that_crashes(
    call: Call, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "site", "def files(schema, request): return {}[0]", module="acme_crash")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    found = call("generate", shop, "-o", tmp_path / "o", "--backend", "acme")
    assert (found.status, found.out) == (CRASH, "")
    assert "KeyError: 0\nThis is the backend 'acme' (acme_crash:files), which is not" in found.err
    assert not (tmp_path / "o").exists()


def install(site: Path, code: str, module: str = "acme_disagrees") -> None:
    """An installed package that offers the backend ``acme``."""
    write_files(
        site,
        {
            f"{module}.py": code,
            f"{module}-1.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {module}\nVersion: 1\n",
            f"{module}-1.dist-info/entry_points.txt": f"[qapigen.backends]\nacme = {module}:files\n",
        },
    )


def test_banner_of_the_help() -> None:
    assert generate.__doc__ is not None
    assert "DIR/NAME" in generate.__doc__
