"""Skipping is for developers: in CI a test that lacks something fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.outside import CORPUS_VARIABLE, REPOSITORY

TESTS = """
import pytest

@pytest.mark.requires("no-program-has-this-name")
def test_requires(): raise AssertionError

@pytest.mark.requires("sh")
def test_has(): pass

@pytest.mark.may_skip
def test_may(): pytest.skip("the kernel lacks it")

@pytest.mark.xfail(strict=True)
def test_known(): raise AssertionError

def test_corpus(corpus): raise AssertionError
"""


@pytest.mark.parametrize(
    ("ci", "closing"),
    [("", "1 passed, 3 skipped, 1 xfailed"), ("true", "1 passed, 1 skipped, 1 xfailed, 2 errors")],
)
def test_what_may_be_skipped(ci: str, closing: str, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS, encoding="utf-8")
    result = _run(tmp_path, {"CI": ci, CORPUS_VARIABLE: str(tmp_path / "absent")})
    assert closing in result.stdout.splitlines()[-1], result.stdout + result.stderr
    if not ci:
        assert "1 test or module skipped: the kernel lacks it" in result.stdout.splitlines()
        assert "SKIPPED" not in result.stdout
    assert result.returncode == (1 if ci else 0)


def test_many_tests_skip_for_one_reason_in_one_line(tmp_path: Path) -> None:
    functions = (f"def test_{number}(): pytest.skip('no moon')" for number in range(50))
    (tmp_path / "test_it.py").write_text("import pytest\n" + "\n".join(functions), "utf-8")
    shown = _run(tmp_path).stdout.splitlines()
    assert [line for line in shown if "no moon" in line] == ["50 tests or modules skipped: no moon"]


def test_programs_that_tests_start_can_be_interrupted(tmp_path: Path) -> None:
    test = """
import signal, subprocess, sys
def test_interrupt():
    code = "import os, signal; os.kill(os.getpid(), signal.SIGINT); print('went on')"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert b"went on" not in child.stdout
"""
    (tmp_path / "test_it.py").write_text(test, encoding="utf-8")
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        result = _run(tmp_path)
    finally:
        signal.signal(signal.SIGINT, before)
    assert result.returncode == 0, result.stdout + result.stderr


def _run(folder: Path, variables: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    # The conftest is given as a plugin: these tests lie outside of its folder.
    plugins = ("-p", "tests.conftest", "-p", "no:cacheprovider")
    settings = ("-c", str(REPOSITORY / "pyproject.toml"), "--rootdir", str(folder))
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, *settings, str(folder)],
        cwd=REPOSITORY,
        env=os.environ | {"CI": ""} | (variables or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
