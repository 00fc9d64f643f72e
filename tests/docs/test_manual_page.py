"""The manual page is what the parsers say, and ``man`` can show it."""

from __future__ import annotations

import argparse
import subprocess

import pytest

from qapigen.cli.parsing import VERBS, verb_parser
from tests.docs.manual_page import PAGE, page
from tests.outside import REPOSITORY


def test_is_current() -> None:
    assert (REPOSITORY / PAGE).read_text(encoding="utf-8") == page(), "make manual"


@pytest.mark.requires("man")
def test_renders() -> None:
    """Without a warning, with every verb and every option."""
    result = subprocess.run(
        ["man", "--warnings", "--local-file", REPOSITORY / PAGE],
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANWIDTH": "80"},
        capture_output=True,
        check=True,
        text=True,
    )
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["QAPIGEN(1)", "User", "Commands", "QAPIGEN(1)"]
    for verb in VERBS:
        start = lines.index(f"   qapigen {verb}")
        end = next((at for at in range(start + 1, len(lines)) if lines[at][:4].strip()), None)
        text = " ".join(lines[start:end])
        for action in verb_parser(verb)._actions:
            if not isinstance(action, argparse._HelpAction):  # which is nobody's surprise
                assert all(option in text for option in action.option_strings), verb
