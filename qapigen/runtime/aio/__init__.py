"""QMP servers and clients on asyncio.

In: nothing.  Out: the names below, each loaded from its module when it is first used.
Must not know: the compiler, anything outside of the standard library.
"""

from __future__ import annotations

# Type checkers take a name like this for true; the typing module itself is slow to import.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from .client import Client, reconnecting
    from .context import CommandContext, DescriptorCommands, current_session
    from .loops import run
    from .server import Server
    from .subscription import Subscription
    from .tls import client_context, server_context
    from .traffic import TrafficLog, log_traffic

__all__ = [
    "Client",
    "CommandContext",
    "DescriptorCommands",
    "Server",
    "Subscription",
    "TrafficLog",
    "client_context",
    "current_session",
    "log_traffic",
    "reconnecting",
    "run",
    "server_context",
]

_MODULES = {
    "client": ("Client", "reconnecting"),
    "context": ("CommandContext", "DescriptorCommands", "current_session"),
    "loops": ("run",),
    "server": ("Server",),
    "subscription": ("Subscription",),
    "tls": ("client_context", "server_context"),
    "traffic": ("TrafficLog", "log_traffic"),
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    for module, names in _MODULES.items():
        if name in names:
            value: object = getattr(import_module(f".{module}", __name__), name)
            globals()[name] = value  # found without this function from now on
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
