"""The phases of a session: the table, over all pairs."""

from __future__ import annotations

from itertools import product

import pytest

from qapigen.runtime.session.phases import STEPS, Action, Input, Phase, Step, step

#: What must not happen, because only a wrong program could make it happen.
IMPOSSIBLE = {
    *((Phase.GREETING, each) for each in (Input.BAD_TEXT, Input.CAPABILITIES, Input.COMMAND)),
    *product(
        (Phase.NEGOTIATION, Phase.COMMAND, Phase.CLOSED),
        (Input.CONNECTED, Input.CONNECTED_PLAIN),
    ),
    *((Phase.CLOSED, each) for each in (Input.BAD_TEXT, Input.CAPABILITIES, Input.COMMAND)),
}

PAIRS = list(product(Phase, Input))


def moved(phase: Phase, happened: Input) -> Phase:
    """The phase that the protocol lays down, said without the table."""
    if happened is Input.END:
        return Phase.CLOSED
    if happened is Input.CONNECTED:
        return Phase.NEGOTIATION
    if happened is Input.CONNECTED_PLAIN:
        return Phase.COMMAND
    if phase is Phase.NEGOTIATION and happened is Input.CAPABILITIES:
        return Phase.COMMAND
    return phase


@pytest.mark.parametrize(("phase", "happened"), PAIRS)
def test_every_pair(phase: Phase, happened: Input) -> None:
    if (phase, happened) in IMPOSSIBLE:
        with pytest.raises(RuntimeError, match=f"'{phase.value}' cannot take '{happened.value}'"):
            step(phase, happened)
    else:
        assert step(phase, happened).phase is moved(phase, happened)


def test_the_table_and_what_is_impossible_are_all_pairs() -> None:
    assert set(STEPS) | IMPOSSIBLE == set(PAIRS)
    assert not set(STEPS) & IMPOSSIBLE


def test_nothing_leads_out_of_the_end() -> None:
    ends = [found for (phase, _), found in STEPS.items() if phase is Phase.CLOSED]
    assert ends == [Step(Action.DROP, Phase.CLOSED)] * 2


@pytest.mark.parametrize(
    ("happened", "actions"),
    [
        (Input.BAD_TEXT, {Phase.NEGOTIATION: Action.REPORT, Phase.COMMAND: Action.REPORT}),
        (Input.CAPABILITIES, {Phase.NEGOTIATION: Action.ENABLE, Phase.COMMAND: Action.REFUSE}),
        (Input.COMMAND, {Phase.NEGOTIATION: Action.REFUSE, Phase.COMMAND: Action.RUN}),
        (
            Input.EVENT,
            {
                Phase.GREETING: Action.DROP,
                Phase.NEGOTIATION: Action.DROP,
                Phase.COMMAND: Action.SEND,
                Phase.CLOSED: Action.DROP,
            },
        ),
    ],
)
def test_what_is_done(happened: Input, actions: dict[Phase, Action]) -> None:
    found = {phase: found.action for (phase, each), found in STEPS.items() if each is happened}
    assert found == actions


def test_every_phase_can_be_reached_and_left_but_for_the_last() -> None:
    reached, todo = {Phase.GREETING}, [Phase.GREETING]
    while todo:
        here = todo.pop()
        onwards = {found.phase for (phase, _), found in STEPS.items() if phase is here} - reached
        reached |= onwards
        todo += onwards
    assert reached == set(Phase)


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        STEPS[Phase.CLOSED, Input.EVENT] = Step(Action.SEND, Phase.COMMAND)  # type: ignore[index]
