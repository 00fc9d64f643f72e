"""What is said about words that are wrong."""

from __future__ import annotations

import argparse

import pytest

from qapigen.cli.parsing import SHELLS, VERBS, Parser, no_verb, verb_parser, whole_parser
from qapigen.cli.status import FINE, TROUBLE
from tests.cli.conftest import Call


@pytest.mark.parametrize(
    ("words", "error", "usage"),
    [
        ("genrate", "there is no verb 'genrate'; did you mean 'generate'?", "VERB ..."),
        ("intro -x", "there is no verb 'intro'; did you mean 'introspect'?", "VERB ..."),
        (
            "compile a.json -o out",
            "there is no verb 'compile'; there are " + ", ".join(VERBS),
            "VERB ...",
        ),
        (
            "a/shop.json --verbose",
            "there is no verb 'a/shop.json'; did you mean 'qapigen check a/shop.json'?",
            "VERB ...",
        ),
        ("--versoin", "there is no option '--versoin'; did you mean '--version'?", "VERB ..."),
        ("-W error check", "there is no option '-W'; options of a verb stand after it", "VERB ..."),
        ("--print-completion basch", "there is no 'basch'; did you mean 'bash'?", "VERB ..."),
        (
            "generate --ouptut=x a.json",
            "there is no option '--ouptut'; did you mean '--output'?",
            "-o DIR [SCHEMA]",
        ),
        (
            "generate --bakend types",
            "there is no option '--bakend'; did you mean '--backend'?",
            "-o DIR [SCHEMA]",
        ),
        ("generate -output x", "no option '-output'; did you mean '--output'?", "-o DIR [SCHEMA]"),
        ("check -verbose", "no option '-verbose'; did you mean '--verbose'?", "[SCHEMA]"),
        ("generate", "are required: -o/--output", "-o DIR [SCHEMA]"),
        ("check --fast", "there is no option '--fast'", "[SCHEMA]"),
        ("check -x", "there is no option '-x'", "[SCHEMA]"),
        ("check --dialect modren", "there is no 'modren'; did you mean 'modern'?", "[SCHEMA]"),
        ("check --color mauve", "there is no 'mauve'; there are auto, always, never", "[SCHEMA]"),
        ("check a b", "unrecognized arguments: b", "[SCHEMA]"),
        ("explain --colour never", "did you mean '--color'?", "[CODE ...]"),
        ("call", "are required: ADDRESS, COMMAND", "ADDRESS COMMAND [KEY=VALUE ...]"),
        ("call a b --timeout -1", "expected a number of seconds above 0, got '-1'", "ADDRESS"),
        ("call a b --timeout x", "expected a number of seconds above 0, got 'x'", "ADDRESS"),
        ("call a b --time-out 3", "did you mean '--timeout'?", "ADDRESS"),
        ("vm --rma=1M", "there is no option '--rma'; did you mean '--ram'?", "[OPTIONS]"),
        ("vm --cpus many", "expected a number, got 'many'", "[OPTIONS]"),
    ],
)
def test_wrong_words(call: Call, words: str, error: str, usage: str) -> None:
    """The error stands first; below it the usage in one line, and where the rest is."""
    found = call(*words.split())
    assert (found.status, found.out) == (TROUBLE, "")
    first, second, third = found.err.splitlines()
    assert first.startswith("qapigen") and ": error: " in first
    assert first.endswith(error), first
    assert second.startswith("usage: qapigen ") and usage in second
    assert third.endswith(" --help' tells more")


def test_an_empty_verb(call: Call) -> None:
    assert "there is no verb ''; there are generate, " in call("").err


def test_control_characters_are_visible(call: Call) -> None:
    for words in (["\x1b[31m"], ["check", "--\x1b[31m"], ["check", "--color", "\x1b[31m"]):
        assert "\x1b" not in call(*words).err


@pytest.mark.parametrize(
    "words",
    [
        ["check", "--diag", "json"],  # what is no other option's beginning
        ["check", "-DCONFIG_X", "-UY_"],
        ["check", "-Werror"],
        ["check", "--config=none"],
    ],
)
def test_options_that_are_none_of_that(call: Call, words: list[str]) -> None:
    assert call(*words).status == FINE


def parser(**options: bool) -> Parser:
    made = Parser(prog="test")
    made.add_argument("words", metavar="WORD", nargs="+")
    made.add_argument("--level", type=int, **options)  # type: ignore[arg-type]
    return made


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["a", "--", "--no-option"], ["a", "--no-option"]),
        (["-5", "-.5"], ["-5", "-.5"]),
        (["-", "a"], ["-", "a"]),
        (["-x y"], ["-x y"]),
        (["a", "--level", "3", "b"], ["a", "b"]),
    ],
)
def test_words_that_only_look_like_options(words: list[str], expected: list[str]) -> None:
    assert parser().read(words).words == expected


def test_usage() -> None:
    assert parser().format_usage() == "usage: test [OPTIONS] WORD [WORD ...]\n"
    required = Parser(prog="test", add_help=False)
    required.add_argument("-l", "--level", metavar="N", required=True)
    assert required.format_usage() == "usage: test -l N\n"
    assert "test [OPTIONS] WORD" in parser().format_help().splitlines()[0]


def test_help_is_not_coloured(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """As later Pythons would, which we ask for nothing of the kind."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    for words in (["--help"], ["check", "--help"], ["check", "--helf"]):
        found = call(*words)
        assert "\x1b" not in found.out + found.err


def test_the_whole_is_all_verbs() -> None:
    """What completions and the manual page are made of is what reads words."""
    whole = whole_parser()
    (verbs,) = [each for each in whole._actions if isinstance(each, argparse._SubParsersAction)]
    assert list(verbs.choices) == list(VERBS)
    for name, each in verbs.choices.items():
        assert each.format_help() == verb_parser(name).format_help()
    assert "--print-completion" in whole.format_help()
    assert set(SHELLS) >= {"bash", "zsh", "tcsh"}


def test_no_verb() -> None:
    assert no_verb("c").endswith("there are " + ", ".join(VERBS))  # check, or call
