"""The output is the same wherever and however it is made, and making it takes little memory."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.compiler.backends.python.packages import run_python
from tests.outside import REPOSITORY


def generate(
    schema: str, output: Path, *, cwd: Path | None = None, seed: str = "random"
) -> dict[str, str]:
    """What the command makes."""
    result = run_python(
        *("-m", "qapigen", "generate", schema, "-o", str(output), "--package", "own"),
        cwd=cwd,
        environment={"PYTHONHASHSEED": seed},
    )
    assert result.returncode == 0, result.stderr
    files = [path for path in output.rglob("*") if path.is_file()]
    return {str(path.relative_to(output)): path.read_text("utf-8") for path in sorted(files)}


@pytest.fixture(scope="module")
def reference(schemas: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    output = tmp_path_factory.mktemp("reference")
    return generate(str(schemas / "qapi-schema.json"), output, seed="0")


@pytest.mark.parametrize("seed", ["1", "2", "random"])
def test_hash_seeds(reference: dict[str, str], schemas: Path, tmp_path: Path, seed: str) -> None:
    assert generate(str(schemas / "qapi-schema.json"), tmp_path, seed=seed) == reference


def test_working_directories(reference: dict[str, str], schemas: Path, tmp_path: Path) -> None:
    outputs = [tmp_path / "a", tmp_path / "b"]
    assert generate("qapi-schema.json", outputs[0], cwd=schemas) == reference
    assert generate("../schemas/./qapi-schema.json", outputs[1], cwd=schemas) == reference


def test_no_trace_of_the_machine(reference: dict[str, str], tmp_path: Path) -> None:
    for path, text in reference.items():
        for trace in (str(REPOSITORY), str(tmp_path.parent), sys.executable, "pytest"):
            assert trace not in text, path
        assert not re.search(r"\b20[2-9][0-9]-[01][0-9]-[0-3][0-9]\b", text), path


def test_text_files(reference: dict[str, str]) -> None:
    """One newline at the end, none missing, no blanks before it, no tabs."""
    for path, text in reference.items():
        if path.endswith(".py") and text:
            assert text.endswith("\n"), path
            assert not text.endswith("\n\n"), path
            assert "\t" not in text, path
            assert not re.search(r"[ \r]\n", text), path


# The peak of this process alone: getrusage would count that of the process which started it.
MEASURED = """
import re, sys
from qapigen.cli.main import main
status = main(sys.argv[1:])
with open("/proc/self/status") as file:
    print(re.search(r"VmHWM:\\s*([0-9]+) kB", file.read())[1])
sys.exit(status)
"""
LIMIT_MIB = 80


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.may_skip
def test_memory(schemas: Path, tmp_path: Path) -> None:
    """Compiling our schemas with all backends takes little."""
    arguments = ("generate", str(schemas / "qapi-schema.json"), "-o", str(tmp_path))
    result = run_python("-c", MEASURED, *arguments)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) < LIMIT_MIB * 1024
