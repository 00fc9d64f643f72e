"""Skipping is for developers: in CI a test that lacks something fails."""

from __future__ import annotations

import os
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
    # The conftest is given as a plugin: these tests lie outside of its folder.
    plugins = ("-p", "tests.conftest", "-p", "no:cacheprovider")
    settings = ("-c", str(REPOSITORY / "pyproject.toml"), "--rootdir", str(tmp_path))
    result = subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, *settings, str(tmp_path)],
        cwd=REPOSITORY,
        env=os.environ | {"CI": ci, CORPUS_VARIABLE: str(tmp_path / "absent")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert closing in result.stdout.splitlines()[-1], result.stdout + result.stderr
    assert result.returncode == (1 if ci else 0)
