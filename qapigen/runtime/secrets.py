"""What must not be shown unasked: passwords and their like in JSON values.

In: a JSON value.  Out: a copy of it in which secrets are replaced; whether ``repr`` shows them.
Must not know: which commands and types there are, logs.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

__all__ = [
    "REPLACEMENT",
    "SECRET_MEMBERS",
    "are_shown",
    "is_secret",
    "redacted",
    "redacted_text",
    "secrets_shown",
]

#: Stands in the place of a secret.
REPLACEMENT: Final = "***"

#: Members that hold a secret wherever they are, or may: a ``command-line`` sets passwords, too,
#: what goes into and out of programs and files of a guest can be anything, and so can the
#: environment of a program.
SECRET_MEMBERS: Final = frozenset(
    {
        *("password", "passwd", "passphrase", "secret", "cookie", "token", "credentials"),
        *("private-key", "secret-key", "access-key", "api-key", "auth-key"),
        *("command-line", "env", "input-data", "out-data", "err-data", "buf-b64"),
    }
)

# Members are as secret as the one whose name their own end with, but for these: a
# member ``key-secret`` has the id of an object, by QEMU's custom.
_NO_ENDINGS: Final = frozenset({"secret", "command-line"})

#: Members that tell by what they say that another one beside them is a secret.
_TELLING: Final = (
    ("target", frozenset({"password", "passwd"}), "arg"),  # change
    ("property", SECRET_MEMBERS | {"data"}, "value"),  # qom-set
)

# User and password in front of a host.
_CREDENTIALS: Final = re.compile(r"(\b[A-Za-z][A-Za-z0-9+.-]*://)[^/?#\s@]*@")

# The name of a file can be a description of it, with all that opens it.
_DESCRIBED_FILE: Final = "json:"

_SHOWN: ContextVar[bool] = ContextVar("qapigen.runtime.secrets", default=False)


@contextmanager
def secrets_shown() -> Iterator[None]:
    """While it lasts, ``repr`` of values, commands and events shows secrets, too.

    Only in this thread, and in this task of an event loop.
    """
    token = _SHOWN.set(True)
    try:
        yield
    finally:
        _SHOWN.reset(token)


def are_shown() -> bool:
    """Whether ``repr`` is to show secrets."""
    return _SHOWN.get()


def is_secret(name: str, secret_members: Collection[str] = SECRET_MEMBERS) -> bool:
    """Whether a member of that name holds a secret, wherever it is.

    So do those whose names end with one of the others: ``vnc-password``.
    """
    plain = name.lower().replace("_", "-")
    return plain in secret_members or plain.endswith(_endings(secret_members))


def _endings(secret_members: Collection[str]) -> tuple[str, ...]:
    return tuple(f"-{name}" for name in secret_members if name not in _NO_ENDINGS)


def redacted(value: object, secret_members: Collection[str] = SECRET_MEMBERS) -> object:
    """A copy of a JSON value without its secrets.

    Secret are the members of :func:`is_secret`, the data of an object of type ``secret``, what
    ``qom-set`` gives to such properties, the password of ``change``, the arguments of
    ``guest-exec``, and what
    :func:`redacted_text` takes out of texts.  What is nested too deep to be looked at is left out
    as a whole.
    """
    try:
        return _redacted(value, secret_members, _endings(secret_members))
    except RecursionError:
        return REPLACEMENT


def redacted_text(text: str) -> str:
    """A text without credentials in URLs; of a ``json:`` file name only that it is one."""
    if text.startswith(_DESCRIBED_FILE):
        return _DESCRIBED_FILE + REPLACEMENT
    return _CREDENTIALS.sub(rf"\1{REPLACEMENT}@", text) if "://" in text else text


def _redacted(value: object, secrets: Collection[str], endings: tuple[str, ...]) -> object:
    if isinstance(value, str):
        return redacted_text(value)
    if isinstance(value, list):
        return [_redacted(item, secrets, endings) for item in value]
    if not isinstance(value, dict):
        return value
    if _text(value, "qom-type").startswith("secret"):
        secrets = {*secrets, "data"}  # also within "props", where it was once
    beside = set(_secrets_beside(value))
    clean: dict[str, object] = {}
    for name, item in value.items():
        plain = name.lower().replace("_", "-")
        hidden = name in beside or plain in secrets or plain.endswith(endings)
        clean[name] = REPLACEMENT if hidden else _redacted(item, secrets, endings)
    return clean


def _secrets_beside(value: dict[str, object]) -> Iterator[str]:
    """The members that are secret because of what another one says."""
    for name, texts, secret in _TELLING:
        if _text(value, name) in texts:
            yield secret
    if isinstance(value.get("arg"), list) and _text(value, "path"):  # guest-exec
        yield "arg"


def _text(value: dict[str, object], name: str) -> str:
    """What a member says if it is a text, else nothing."""
    item = value.get(name)
    return item if isinstance(item, str) else ""
