"""Scripts that make shells complete the command."""

from __future__ import annotations

import subprocess

import pytest

from qapigen.cli.completions import completion
from qapigen.cli.parsing import SHELLS, VERBS
from qapigen.cli.status import FINE
from tests.cli.conftest import Call

ASK = """
source /dev/stdin
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMPREPLY=()
_shtab_qapigen
printf '%s\\n' "${COMPREPLY[@]}"
"""


def offered(*words: str) -> list[str]:
    """What bash offers for the last word."""
    result = subprocess.run(
        ["bash", "-c", ASK, "bash", "qapigen", *words],
        input=completion("bash"),
        capture_output=True,
        check=True,
        text=True,
    )
    return result.stdout.split()


@pytest.mark.parametrize("shell", SHELLS)
def test_script(call: Call, shell: str) -> None:
    found = call("--print-completion", shell)
    assert (found.status, found.err) == (FINE, "")
    assert found.out == completion(shell)
    assert all(verb in found.out for verb in VERBS)


def test_verbs() -> None:
    assert offered("") == list(VERBS)
    assert offered("ch") == ["check"]


def test_backends_are_those_that_are_there() -> None:
    assert offered("generate", "--backend", "") == [
        *("python", "types", "visit", "wire", "commands", "events", "client", "introspect"),
        "markdown",
    ]


def test_codes() -> None:
    assert offered("explain", "W00")[0] == "W001"
    assert offered("explain", "W001", "E10")[:2] == ["E100", "E101"]


def test_values_of_options() -> None:
    assert {"2018", "7.2", "11.1", "auto"} <= set(offered("check", "--dialect", ""))
    assert offered("introspect", "--names", "") == ["masked", "unmasked"]
