"""Configuration files, and what a configuration breaks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.compiler.configuration import ConfigurationError, parse_configuration, symbol
from qapigen.compiler.passes.select import Config
from qapigen.compiler.pipeline import Analysis, analyze

HEADER = """\
/* made by configure */
#define CONFIG_TPM 1
#  define CONFIG_VNC
#define HOST_PATH "/usr"
#define lower 1
// a remark
#undef CONFIG_SPICE
/* #undef CONFIG_GTK */
 * more remarks
"""

KCONFIG = """\
# Automatically made
CONFIG_TPM=y
CONFIG_MODULE=m
CONFIG_NAME="x"
CONFIG_OFF=n
# CONFIG_SPICE is not set

"""


def test_header() -> None:
    assert parse_configuration(HEADER, "config.h") == Config(
        frozenset({"CONFIG_TPM", "CONFIG_VNC", "HOST_PATH"}),
        frozenset({"CONFIG_SPICE", "CONFIG_GTK"}),
    )


def test_kconfig() -> None:
    assert parse_configuration(KCONFIG, ".config") == Config(
        frozenset({"CONFIG_TPM", "CONFIG_MODULE", "CONFIG_NAME"}),
        frozenset({"CONFIG_OFF", "CONFIG_SPICE"}),
    )


def test_plain_symbols_and_the_last_word() -> None:
    assert parse_configuration("CONFIG_A\nCONFIG_A=n\nCONFIG_B\r\n", "c") == Config(
        frozenset({"CONFIG_B"}), frozenset({"CONFIG_A"})
    )


@pytest.mark.parametrize("line", ["{ }", "CONFIG A", "a: b", "=y", "-DX", "CONFIG_A ? y"])
def test_other_lines_are_refused_with_their_place(line: str) -> None:
    with pytest.raises(ConfigurationError, match=r"\Aconf:2: error: "):
        parse_configuration(f"CONFIG_A\n{line}\n", "conf")


@given(st.text(max_size=200))
def test_any_text_is_understood_or_refused(text: str) -> None:
    try:
        config = parse_configuration(text, "conf")
    except ConfigurationError as error:
        config, told = Config(), str(error)
    else:
        told = "conf:"
    assert told.startswith("conf:")
    assert not config.defined & config.undefined


@pytest.mark.parametrize("name", ["CONFIG_A", "X", "X9_"])
def test_symbols(name: str) -> None:
    assert symbol(name) == name


@pytest.mark.parametrize("name", ["", "config", "_A", "9A", "A-B", "A\n"])
def test_no_symbols(name: str) -> None:
    with pytest.raises(ConfigurationError, match="upper case"):
        symbol(name)


SCHEMA = """\
{ 'struct': 'Lamp', 'data': {}, 'if': 'HAVE_LAMP' }
{ 'command': 'get-lamp',
  'returns': 'Lamp' }
{ 'alternate': 'Any', 'data': { 'a': { 'type': 'int', 'if': 'HAVE_LAMP' } } }
"""


def analyzed(config: Config) -> Analysis:
    return analyze("root.json", lambda _: SCHEMA, "modern", config)


def errors(analysis: Analysis) -> list[tuple[str, str, int]]:
    return [
        (d.code.id, str(d.definition), d.span.line if d.span else 0)
        for d in analysis.diagnostics
        if d.severity == "error"
    ]


def test_what_a_configuration_breaks() -> None:
    analysis = analyzed(Config(undefined=frozenset({"HAVE_LAMP"})))
    assert analysis.schema is None
    assert errors(analysis) == [
        ("E132", "command 'get-lamp'", 2),
        ("E133", "alternate 'Any'", 4),
    ]
    left_out = analysis.diagnostics[0]
    assert left_out.notes[0].span is not None
    assert left_out.notes[0].span.line == 1
    assert "'if'" in (left_out.hint or "")


@pytest.mark.parametrize("config", [Config(), Config(frozenset({"HAVE_LAMP"}))])
def test_what_it_does_not_break(config: Config) -> None:
    analysis = analyzed(config)
    assert analysis.schema is not None
    assert errors(analysis) == []
