"""Completions in the shells that they are for: what a person types, and what TAB makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from qapigen.cli.completions import completion
from tests.terminal import Terminal

#: How each shell is started, the file in its home that it reads first, and what has to be there.
SHELLS = {
    "bash": (["bash", "--noprofile", "-i"], ".bashrc", "PS1='$ '; source ~/_qapigen"),
    "zsh": (
        ["zsh", "--no-global-rcs", "-i"],
        ".zshrc",
        "PS1='$ '; fpath=(~ $fpath); autoload -U compinit; compinit -u -D",
    ),
    "tcsh": (["tcsh"], ".tcshrc", "set prompt='$ '; source ~/_qapigen"),
    "fish": (
        ["fish", "-i"],
        ".config/fish/config.fish",
        "function fish_prompt; echo '$ '; end; function fish_greeting; end; source ~/_qapigen",
    ),
}

#: What is typed before TAB, and after it.
COMPLETED = {
    "gen": "generate",
    "--pri": "--print-completion",
    "--print-completion zs": "--print-completion zsh",
    "generate --backend mark": "generate --backend markdown",
    "introspect --na": "introspect --names",
    "introspect --names unm": "introspect --names unmasked",
    "check --dialect mod": "check --dialect modern",
    "check sho": "check shop.json",
    "generate --templates tem": "generate --templates templates/",
    "explain --col": "explain --color",
    "vm --fill ran": "vm --fill random",
}


@contextmanager
def shell(name: str, home: Path) -> Iterator[Terminal]:
    """A shell that has taken the script, where there is a schema and a folder."""
    command, settings, text = SHELLS[name]
    (home / "_qapigen").write_text(completion(name))
    (home / settings).parent.mkdir(parents=True, exist_ok=True)
    (home / settings).write_text(f"{text}; cd ~/here\n")
    (home / "here" / "templates").mkdir(parents=True)
    (home / "here" / "shop.json").touch()
    path = "/usr/local/bin:/usr/bin:/bin"
    environment = {"TERM": "xterm", "HOME": str(home), "PATH": path, "LC_ALL": "C.UTF-8"}
    terminal = Terminal()
    # Shells want a terminal that is their own.
    with terminal.running(["setsid", "--ctty", *command], environment):
        terminal.read_until_last_row("$")
        yield terminal


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.requires(name, "setsid")) for name in SHELLS]
)
def test_completed(name: str, tmp_path: Path) -> None:
    with shell(name, tmp_path) as terminal:
        for typed, completed in COMPLETED.items():
            terminal.write(f"qapigen {typed}\t")
            terminal.read_until_last_row(f"$ qapigen {completed}")
            terminal.write("\x15")  # Ctrl-U: the line is gone
            terminal.read_until_last_row("$")
