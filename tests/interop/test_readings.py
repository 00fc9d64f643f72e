"""A package of any release reads what a running QEMU of another one answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.interop.programs import QEMU
from tests.interop.raw_client import RawClient
from tests.interop.readings import RELEASES, answers, commands_of, read

pytestmark = pytest.mark.requires(QEMU)

#: Answers that were objects without a tag in one release and are unions in another: what tells
#: the class apart is missing.
WITHOUT_TAG = {
    "query-cpus-fast": "return[0]: member 'arch' is missing",
    "query-sev": "return: member 'sev-type' is missing",
}


@pytest.mark.parametrize("made_for", RELEASES)
def test_its_answers_are_read(made_for: str, corpus: Path, rich: RawClient, tmp_path: Path) -> None:
    given = answers(rich)
    with commands_of(corpus, made_for, tmp_path) as commands:
        found = {name: read(commands[name], given[name]) for name in given if name in commands}
    assert len(found) > 40
    unreadable = {name: what for name, (how, what) in found.items() if how == "unreadable"}
    assert unreadable == {name: WITHOUT_TAG[name] for name in unreadable if name in WITHOUT_TAG}
    assert sum(how == "whole" for how, _ in found.values()) > len(found) / 2
