"""The newest release that finds no error."""

from __future__ import annotations

from qapigen.compiler.choice import Choice, choose
from qapigen.compiler.codes import CODES
from qapigen.compiler.diagnostics import Diagnostic
from qapigen.compiler.dialect import DIALECTS, RELEASES


def error(slug: str) -> Diagnostic:
    return Diagnostic(CODES[slug], "text", None, None, None, (), None, "a.json")


class Releases:
    """Says for each release what it refuses, and notes which were asked."""

    def __init__(self, refused: dict[str, list[str]]) -> None:
        self.refused = refused
        self.asked: list[str] = []

    def read(self, name: str) -> str:
        self.asked.append(DIALECTS[name].release)
        return self.asked[-1]

    def errors(self, release: str) -> list[Diagnostic]:
        rank = RELEASES.index(release)
        return [
            error(slug)
            for since, slugs in self.refused.items()
            if rank >= RELEASES.index(since)
            for slug in slugs
        ]

    def choose(
        self, release: str = "11.1", preferred: str | None = None, floor: str = "2.9"
    ) -> Choice[str]:
        return choose(release, self.read, self.errors, preferred, floor)


def test_the_first_without_errors_is_taken() -> None:
    found = Releases({})
    assert found.choose() == ("modern", "11.1", ())
    assert found.asked == ["11.1"]


def test_errors_lead_to_the_release_before_their_rule() -> None:
    found = Releases({"9.1": ["doc-obsolete-section"], "9.0": ["doc-missing-member"]})
    choice = found.choose()
    assert (choice.dialect, choice.read) == ("8.2", "8.2")
    assert found.asked == ["11.1", "9.0", "8.2"]
    refused = [(release, each.code.slug) for release, each in choice.refused]
    assert refused == [("11.1", "doc-obsolete-section"), ("9.0", "doc-missing-member")]


def test_what_no_older_release_would_accept_ends_the_search() -> None:
    found = Releases({"9.1": ["doc-obsolete-section"], "2.9": ["unknown-type"]})
    assert found.choose() == ("modern", "11.1", ())
    assert found.asked == ["11.1"]


def test_without_any_the_first_stands() -> None:
    found = Releases({"2.9": ["doc-obsolete-section"]})
    assert found.choose() == ("modern", "11.1", ())
    assert found.asked == ["11.1", "9.0"]


def test_a_preferred_one_comes_first_if_it_has_no_error() -> None:
    assert Releases({}).choose("5.2", "4.2").dialect == "4.2"
    found = Releases({"2.9": ["unknown-type"]})
    assert found.choose("5.2", "4.2") == ("5.2", "5.2", ())


def test_none_before_the_floor_is_tried() -> None:
    refused = {"2.9": ["doc-symbol-colon"], "1.6": ["expected-key"]}
    found = Releases(refused)
    assert found.choose().dialect == "modern"
    assert found.asked == ["11.1"]
    found = Releases(refused)
    assert found.choose(floor="1.0").dialect == "1.5"
    assert found.asked == ["11.1", "2.8", "1.5"]
