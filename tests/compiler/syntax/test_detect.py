"""Which dialect a schema is written in."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from qapigen.compiler.disk import read_source
from qapigen.compiler.pipeline import analyze
from qapigen.compiler.syntax.detect import guess_release
from tests.compiler.schema_texts import Files, reader


def detected(files: Files) -> str:
    root = "root.json" if isinstance(files, str) else next(iter(files))
    return guess_release(root, reader(files)).release


STRUCT = "{ 'struct': 'Aa', 'data': { } }\n"
NOTE = "##\n# @Aa:\n# Note: text\n##\n"


@pytest.mark.parametrize(
    ("text", "release"),
    [
        # nothing that only some releases have
        ("", "11.1"),
        (STRUCT, "11.1"),
        ("##\n# @Aa:\n#\n# Since: 1.0\n#\n##\n" + STRUCT, "11.1"),
        # pragmas
        ("{ 'pragma': { 'returns-whitelist': [ ] } }", "5.2"),
        ("{ 'pragma': {\n  'doc-required': true,\n  'name-case-whitelist': [\n'A' ] } }", "5.2"),
        ("{ 'pragma': { 'doc-required': true } }", "11.1"),
        ("{ 'pragma': { 'member-name-exceptions': [ ] } }\n" + NOTE + STRUCT, "9.0"),
        ("{ 'pragma': { 'returns-whitelist': [ ] } }\n# Returns: nothing\n{ 'x': null }", "4.1"),
        # keys
        ("{ 'struct': 'Aa', 'data': { }, 'features': [ ] }\n" + NOTE, "9.0"),
        ("{ 'struct': 'Aa', 'data': { },\n  'if': 'X' }\n", "11.1"),
        ("{ 'struct': 'Aa', 'data': { }, 'if': 'defined(X)' }", "6.1"),
        ("{ 'struct': 'Aa', 'data': { }, 'if': [ 'X', 'Y' ] }", "6.1"),
        ("{ 'union': 'Uu', 'data': { 'a': 'int', 'b': { 'type': 'str' } } }", "6.1"),
        ("{ 'union': 'Uu', 'data': { 'a': 'int' }, 'base': 'Bb' }", "11.1"),
        # documentation
        (NOTE + STRUCT, "9.0"),
        (NOTE.replace("Note", "Notes") + STRUCT, "9.0"),
        (NOTE.replace("Note", "Example") + STRUCT, "9.0"),
        (NOTE.replace("Note:", "Note::") + STRUCT, "11.1"),
        ("##\n# @Aa:\n#\n# Text and\n# Note: more text\n##\n" + STRUCT, "11.1"),
        ("##\n# @go:\n#\n# Returns: Nothing on success\n##\n{ 'command': 'go' }", "8.2"),
        # values
        ("{ 'struct': 'Aa', 'data': { }, 'base': null }", "4.1"),
        (r"{ 'struct': '\u0041a', 'data': { } }", "4.1"),
        (r"{ 'struct': 'A\\a', 'data': { } }", "11.1"),
        (r"# 'it\'s'", "11.1"),
        # what does not fit: what is there more often counts, then what is newer
        ("{ 'pragma': { 'returns-whitelist': [ ] } }\n{ 'a': 1, 'if': 'X' }", "11.1"),
        (
            "{ 'pragma': { 'returns-whitelist': [ ] } }\n"
            + "{ 'a': 1, 'if': { 'not': 'X' } }\n" * 9,
            "11.1",
        ),
        ("{ 'struct': 'Aa', 'base': null }\n" * 3 + "{ 'a': 1, 'if': 'X' }", "4.1"),
        (NOTE + "##\n# .. qmp-example::\n##\n", "11.1"),
    ],
)
def test_evidence(text: str, release: str) -> None:
    assert detected(text) == release


def test_evidence_says_where_it_is() -> None:
    guess = guess_release("root.json", reader("\n" + NOTE))
    assert guess.deciding is not None
    assert str(guess.deciding) == "Note: in root.json:4 is of QEMU 9.0 or earlier"
    guess = guess_release("root.json", reader("{ 'a': 1,\n 'if': 'defined(X)' }"))
    assert [str(each) for each in guess.evidence] == [
        "'if': 'defined(X)' in root.json:2 is of QEMU 3.0 to 6.1"
    ]
    guess = guess_release("root.json", reader("{ 'a': 1, 'coroutine': true }"))
    assert [str(each) for each in guess.evidence] == [
        "'coroutine' in root.json:1 is of QEMU 5.2 or later"
    ]
    assert guess.deciding is None


def test_versions_in_texts_count_where_only_the_order_of_results_differs() -> None:
    old = "{ 'pragma': { 'returns-whitelist': [ ] } }\n"
    assert guess_release("root.json", reader(old)).preferred is None
    assert guess_release("root.json", reader(old + "# Since: 4.1\n")).preferred == "4.2"
    assert (
        guess_release("root.json", reader(old + "# (since 5.1)\n# Since: 2.0\n")).preferred is None
    )
    assert (
        guess_release("root.json", reader(old + "# Since: 4.1\n{ 'coroutine': true }")).preferred
        is None
    )


def test_headings_speak_for_a_release_that_has_them() -> None:
    def preferred(text: str) -> str | None:
        return guess_release("root.json", reader(text)).preferred

    old, new = "##\n# = Going\n##\n", "##\n#\n# ***\n# Going\n# ***\n##\n"
    guess = guess_release("root.json", reader(new + old + old))
    assert (guess.release, guess.preferred) == ("11.1", "10.0")
    assert str(guess.preferring) == "= Going in root.json:8 is of QEMU 10.0 or earlier"
    assert guess.preferring in guess.evidence
    assert preferred(new + old) is None
    assert preferred("##\n# text\n# = Going\n##\n") is None
    assert preferred("# = Going\n" + "{ 'a': '# = ' }") is None
    # Where other evidence speaks for an older release, that one has such headings anyhow.
    assert preferred(old + NOTE) is None


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("{ 'type': 'Aa', 'data': { } }", "2.3"),
        ("{ 'command': 'aa', 'gen': 'no' }", "2.3"),
        ("{ 'union': 'Aa', 'discriminator': {}, 'data': { } }", "2.3"),
        ("{ 'command': 'aa', 'data': { '*props': '**' }, 'gen': false }", "2.4"),
        ("##\n# @aa\n#\n# Text.\n##\n", "2.8"),
        ("##\n# @aa\n##\n" * 2 + "##\n# @bb:\n##\n", "2.8"),
        ("##\n# @aa\n##\n" + "##\n# @bb:\n##\n" * 2, "11.1"),  # a slip
        ("{ 'struct': 'Aa', 'data': { 'a': {\n'type': 'int' } } }", "11.1"),
        ("{ 'struct': 'Aa', 'data': {\n 'type': 'Bb' } }", "11.1"),
    ],
)
def test_evidence_of_long_ago(text: str, release: str) -> None:
    assert detected(text) == release
    guess = guess_release("root.json", reader(text))
    assert guess.floor == ("2.9" if release == "11.1" else "1.0")


def test_new_forms_rule_out_releases_of_long_ago() -> None:
    """One of them may be a member that happens to be called so; three kinds of them are not."""
    old = "{ 'type': 'Aa', 'data': { 'features': 'int' } }\n" + "{ 'type': 'Aa' }\n" * 9
    assert detected(old) == "2.3"
    assert detected(old + "{ 'coroutine': true }") == "2.3"
    new = "{ 'coroutine': true, 'features': [ 'f' ], 'if': 'CONFIG_X', 'allow-preconfig': true }"
    assert detected(old + new) == "11.1"
    guess = guess_release("root.json", reader(old + new))
    assert not [each for each in guess.evidence if each.until == "2.3"]


def test_only_old_versions_lead_to_releases_of_long_ago() -> None:
    def floor(text: str) -> str:
        return guess_release("root.json", reader(text)).floor

    old = "# Since: 0.14.0\n" + "# Since 1.2\n" * 9
    assert floor(old) == "1.0"
    assert floor(old + "# Since 2.8") == "1.0"
    assert floor(old + "# Since 2.9") == "2.9"
    assert floor(old[16:] + "# Since 1.2\n") == "2.9"  # somebody else's versions
    assert floor(old[:-12]) == "2.9"
    assert floor(old + "{ 'coroutine': true }") == "2.9"


def test_evidence_is_looked_for_in_all_files() -> None:
    old = "{ 'pragma': { 'returns-whitelist': [ ] } }"
    files = {
        "d/root.json": "{ 'include': 'a.json' }\n{ 'include' :\n'../b.json' }\n",
        "d/a.json": "{ 'include': 'root.json' }\n{ 'include': 'no.json' }",
        "d/../b.json": old,
    }
    assert detected(files) == "5.2"
    assert detected(files | {"d/../b.json": ""}) == "11.1"


def test_a_schema_that_cannot_be_read_is_of_the_newest() -> None:
    assert guess_release("no.json", reader("")).release == "11.1"


@pytest.mark.parametrize(
    "text",
    [
        "\n" * 200_000,
        " \n" * 200_000,
        "'" * 200_000,
        ":\n" * 200_000,
        "'\\\\" * 100_000,
        "{ 'include' : '" * 20_000,
        "'pragma' : { " * 20_000,
        "# " * 200_000,
        ("x " * 100_000 + "'") * 2,
    ],
    ids=lambda text: repr(text[:8]),
)
def test_time_grows_with_the_text_only(text: str) -> None:
    begun = time.perf_counter()
    detected(text)
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize(
    ("root", "dialect"),
    [
        ("qemu-2.12-dev/qapi-schema.json", "4.1"),
        ("qemu-2.12-dev/qga/qapi-schema.json", "4.2"),
        ("qemu-7.2/qapi/qapi-schema.json", "8.0"),
        ("qemu-7.2/qga/qapi-schema.json", "8.2"),
        ("qemu-7.2/storage-daemon/qapi/qapi-schema.json", "8.0"),
        ("seed/with-pragma.json", "4.2"),
        ("example/shop.json", "modern"),
    ],
)
def test_real_schemas(corpus: Path, root: str, dialect: str) -> None:
    found = analyze(str(corpus / root), read_source)
    assert (found.dialect, found.errors) == (dialect, [])


def test_our_own_schema(schemas: Path) -> None:
    analysis = analyze(str(schemas / "qapi-schema.json"), read_source)
    assert (analysis.dialect, analysis.diagnostics) == ("modern", ())
