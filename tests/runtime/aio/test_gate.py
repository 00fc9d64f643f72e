"""Whose turn it is."""

from __future__ import annotations

from functools import partial

from qapigen.runtime.aio.gate import CommandGate


def test_those_who_wait_come_in_their_order() -> None:
    gate = CommandGate()
    seen: list[str] = []
    assert gate.free
    gate.hold()
    assert not gate.free
    for name in "abc":
        gate.wait(partial(seen.append, name))
    assert seen == []
    gate.release()
    assert seen == ["a", "b", "c"]
    assert gate.free


def test_one_that_has_to_wait_again_keeps_the_others_waiting() -> None:
    gate = CommandGate()
    seen: list[str] = []

    def hold() -> None:
        seen.append("hold")
        gate.hold()

    gate.hold()
    gate.wait(hold)
    gate.wait(partial(seen.append, "last"))
    gate.release()
    assert seen == ["hold"] and not gate.free
    gate.release()
    assert seen == ["hold", "last"] and gate.free


def test_nobody_overtakes_those_who_wait() -> None:
    gate = CommandGate()
    free: list[bool] = []
    gate.hold()
    gate.wait(lambda: free.append(gate.free))
    gate.wait(lambda: free.append(gate.free))
    gate.release()
    assert free == [False, True]


def test_a_gate_that_is_not_exclusive_is_always_free() -> None:
    gate = CommandGate(exclusive=False)
    gate.hold()
    assert gate.free
    gate.release()
    assert gate.free
