"""The negotiation of capabilities: what a client may enable.

In: the arguments of ``qmp_capabilities``, the greeting.  Out: the wanted capabilities.
Must not know: phases, replies.
"""

from __future__ import annotations

from typing import Final

from ..errors import QapiError, cut, describe
from ..messages import Greeting

__all__ = ["CAPABILITIES", "NEGOTIATE", "OOB", "check_offered", "wanted_capabilities"]

#: The command that ends the negotiation; sessions serve it themselves.
NEGOTIATE: Final = "qmp_capabilities"
#: Out-of-band execution.
OOB: Final = "oob"
#: All capabilities there are (QMP, capabilities negotiation).
CAPABILITIES: Final = (OOB,)


def wanted_capabilities(arguments: dict[str, object]) -> frozenset[str]:
    """What the client names under ``enable``; naming one twice does no harm.

    Raises :class:`QapiError`, always a GenericError, for arguments of the wrong type.
    """
    enable = arguments.get("enable", [])
    if not isinstance(enable, list):
        raise QapiError(f"arguments.enable: expected an array, got {describe(enable)}")
    for index, name in enumerate(enable):
        if not isinstance(name, str):
            raise QapiError(f"arguments.enable[{index}]: expected a string, got {describe(name)}")
        if name not in CAPABILITIES:
            raise QapiError(f"arguments.enable[{index}]: there is no capability {cut(name)!a}")
    for key in arguments:
        if key != "enable":
            raise QapiError(f"arguments: member {cut(key)!a} is unexpected")
    return frozenset(enable)


def check_offered(wanted: frozenset[str], greeting: Greeting | None) -> None:
    """Raise :class:`QapiError` if something is wanted that the greeting did not offer."""
    missing = wanted.difference(greeting.capabilities if greeting is not None else ())
    if missing:
        raise QapiError(f"not offered on this connection: {', '.join(sorted(missing))}")
