"""Exit statuses are an interface: scripts and build systems rely on the numbers."""

from __future__ import annotations

import re

from qapigen.cli import main, status
from qapigen.cli.status import Trouble


def test_numbers() -> None:
    assert (status.FINE, status.FINDINGS, status.TROUBLE) == (0, 1, 2)
    assert (status.CRASH, status.INTERRUPTED) == (70, 130)


def test_told_where_the_command_is() -> None:
    told = {int(number) for number in re.findall(r"\b(\d+):", main.__doc__ or "")}
    numbers = {value for value in vars(status).values() if isinstance(value, int)}
    assert told == numbers


def test_trouble_is_its_message() -> None:
    assert str(Trouble("a.json: error: no luck")) == "a.json: error: no luck"
