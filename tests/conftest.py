"""Fixtures for all tests, and the rule about skipping.

A test that lacks something outside the repository (the corpus, QEMU, a browser) skips with the
reason.  In CI (``CI=true``) that is a failure: there everything has to be present.  What may be
skipped even so, because the kernel or the Python at hand lacks a thing, is marked ``may_skip``.
"""

from __future__ import annotations

import shutil
import signal
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.outside import CORPUS_VARIABLE, REPOSITORY, corpus_folder, in_ci, unpack_release

# Time says nothing on a busy machine: neither a slow example nor slow data is a failure.  In CI
# the examples are the same each time, so that what fails there is the change; others are tried
# wherever else the tests run.
settings.register_profile(
    "house",
    deadline=None,
    derandomize=in_ci(),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("house")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def schemas() -> Path:
    """The folder of the shipped schemas."""
    return REPOSITORY / "schemas"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of the conformance corpus."""
    folder = corpus_folder()
    if folder is None:
        pytest.skip(f"no corpus: set {CORPUS_VARIABLE} to its folder")
    return folder


@pytest.fixture(scope="session")
def newest_schemas(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the newest schemas of QEMU that the corpus has, those of 10.2."""
    return unpack_release(corpus, "10.2", tmp_path_factory.mktemp("releases"))


def pytest_configure() -> None:
    """Ctrl-C works in the programs that tests start, too.

    Who is started in the background of a shell ignores SIGINT, and so do all that it starts.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line for each reason for which tests were skipped, however many they are."""
    reasons = Counter(_reason(report) for report in terminalreporter.stats.get("skipped", ()))
    for reason, count in reasons.most_common():
        noun = "test or module" if count == 1 else "tests or modules"
        terminalreporter.write_line(f"{count} {noun} skipped: {reason}")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose ``requires`` mark names a program that is not there."""
    for mark in item.iter_markers("requires"):
        missing = [program for program in mark.args if shutil.which(program) is None]
        if missing:
            pytest.skip(f"not installed: {', '.join(missing)}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skipped test is a failed one in CI."""
    report = yield
    expected = hasattr(report, "wasxfail") or item.get_closest_marker("may_skip") is not None
    if report.skipped and not expected and in_ci():
        _fail(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """So is a skipped module."""
    report = yield
    if report.skipped and in_ci():
        _fail(report)
    return report


def _fail(report: pytest.TestReport | pytest.CollectReport) -> None:
    reason = _reason(report)
    report.outcome = "failed"
    report.longrepr = f"nothing may be skipped in CI: {reason}"


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Why it was skipped."""
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")
