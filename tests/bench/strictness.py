"""What each library takes and refuses: a speed means little without what is checked for it.

In: texts that QAPI's rules accept or refuse.  Out: a table of what each way does with them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from qapigen.runtime.codec import backends
from tests.bench.marshalling_ours import generated_packages, our_way
from tests.bench.marshalling_peers import PEERS, Peer, Way, find_peer
from tests.bench.marshalling_subjects import BLOCKDEV, INFO, PARAMETERS, RAM, Subject, subjects
from tests.bench.table import Table

__all__ = ["run"]


@dataclass(frozen=True)
class Case:
    """A text of a type, and whether QAPI's rules take it."""

    title: str
    type_name: str
    text: str
    right: bool = False


def _stats(title: str, *, right: bool = False, **changed: Any) -> Case:
    value = RAM | {name.replace("_", "-"): each for name, each in changed.items()}
    return Case(title, "MigrationStats", json.dumps(value), right)


def _parameters(title: str, *, right: bool = False, **changed: Any) -> Case:
    value = {name.replace("_", "-"): each for name, each in changed.items()}
    return Case(title, "MigrateSetParameters", json.dumps(PARAMETERS | value), right)


def _info(title: str, value: Mapping[str, Any], *, right: bool = False) -> Case:
    return Case(title, "MigrationInfo", json.dumps(value), right)


def _blockdev(title: str, value: Mapping[str, Any], *, right: bool = False) -> Case:
    return Case(title, "BlockdevOptions", json.dumps(value), right)


def _without(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: each for key, each in value.items() if key != name}


_FILE = {"driver": "file", "filename": "disk.img"}
_TWICE = json.dumps(RAM).replace("{", '{"total": 0, ', 1)
_HUGE = json.dumps(RAM).replace("939.1836", "1e999")

CASES = (
    _stats("unchanged", right=True),
    _stats("an integer for a number", right=True, mbps=939),
    _stats("the least int", right=True, total=-(2**63)),
    _parameters("the greatest size", right=True, xbzrle_cache_size=2**64 - 1),
    _parameters("null where the type has it", right=True, tls_creds=None),
    _info("all optional members absent", {}, right=True),
    _info("a text that is no ASCII", {"error-desc": "na\u00efve \U0001f600"}, right=True),
    _blockdev("a union", _FILE, right=True),
    _blockdev(
        "a string for an alternate",
        {"driver": "raw", "file": "node1"},
        right=True,
    ),
    Case("a mandatory member missing", "MigrationStats", json.dumps(_without(RAM, "total"))),
    _stats("an unknown member", speed=1),
    _stats("a string for an int", total="7"),
    _stats("a bool for an int", total=True),
    _stats("1.5 for an int", total=1.5),
    _stats("1.0 for an int", total=1.0),
    _stats("null for an int", total=None),
    _stats("beyond int64", total=2**63),
    _stats("beyond uint64", total=2**64),
    _stats("a bool for a number", mbps=True),
    _stats("a string for a number", mbps="1.5"),
    Case("beyond a float", "MigrationStats", _HUGE),
    Case("a member that is there twice", "MigrationStats", _TWICE),
    _parameters("an int for a bool", block_incremental=1),
    _parameters("a string for a bool", block_incremental="true"),
    _parameters("null for an optional member", compress_level=None),
    _info("beyond uint32", {"postcopy-blocktime": 2**32}),
    _info("beyond uint32 in a list", {"postcopy-vcpu-blocktime": [1, 2**32]}),
    _info("an object for a list", {"postcopy-vcpu-blocktime": {}}),
    _info("a list for an object", {"ram": []}),
    _info("an unknown value of an enum", {"status": "asleep"}),
    _info("an int for a string", {"error-desc": 7}),
    _info("an error in an inner object", INFO | {"disk": RAM | {"total": "7"}}),
    Case("half a surrogate pair", "MigrationInfo", '{"error-desc": "\\ud800"}'),
    _blockdev("an unknown tag", _FILE | {"driver": "tape"}),
    _blockdev("no tag", {"filename": "disk.img"}),
    _blockdev("a member of another branch", _FILE | {"throttle-group": "slow"}),
    _blockdev("an int for an alternate", {"driver": "raw", "file": 7}),
    _blockdev("an error deep in a union", BLOCKDEV | {"backing": {"driver": "raw", "file": {}}}),
)


def run() -> Table:
    """A row for each text, a column for each library, the verdicts that are wrong marked."""
    measured = subjects()
    before = backends.active().name
    try:
        with generated_packages(measured):
            return _table(measured)
    finally:
        backends.use(before)


def _table(measured: list[Subject]) -> Table:
    found = {title: find_peer(module) for module, title in PEERS.items()}
    peers = {title: peer for title, peer in found.items() if not isinstance(peer, str)}
    by_type = {subject.type_name: subject for subject in measured}
    cases = [case for case in CASES if case.type_name in by_type]
    ours: Peer = {name: _checked(by_type[name]) for name in by_type}
    everybody: dict[str, Peer] = {"qapigen": ours, **peers}
    table = Table("Strictness: texts refused and taken", ("QAPI", *everybody))
    wrong = dict.fromkeys(everybody, 0)
    for case in cases:
        cells = []
        for title, peer in everybody.items():
            takes = _takes(peer[case.type_name].decode, case.text)
            wrong[title] += takes != case.right
            cells.append(_verdict(takes) + (" (!)" if takes != case.right else ""))
        table.add(case.title, _verdict(case.right), *cells)
    table.add(
        f"otherwise than QAPI, of {len(cases)}", "", *(str(count) for count in wrong.values())
    )
    table.notes = [peer for peer in found.values() if isinstance(peer, str)]
    return table


def _checked(subject: Subject) -> Way:
    """Our way on every backend; they have to agree."""
    ways = [our_way(subject, backend.name) for backend in backends.available()]

    def decode(text: bytes) -> object:
        verdicts = set()
        for way in ways:
            way.prepare()
            verdicts.add(_takes(way.decode, text.decode()))
        if len(verdicts) != 1:
            raise SystemExit(f"backends disagree about {text!r}")
        return ways[0].decode(text)

    return Way(decode, ways[0].encode, ways[0].from_value, ways[0].to_value)


def _takes(decode: Callable[[Any], Any], text: str) -> bool:
    try:
        decode(text.encode())
    except Exception:  # noqa: BLE001 (each library has errors of its own, some have Python's)
        return False
    return True


def _verdict(takes: bool) -> str:
    return "taken" if takes else "refused"
