"""Clients that do not negotiate give way."""

from __future__ import annotations

import pytest

from qapigen.runtime.aio.admission import Admission


class Client:
    def __init__(self) -> None:
        self.negotiating = True
        self.aborted = False

    def abort(self) -> None:
        self.aborted = True


def test_the_oldest_gives_way() -> None:
    admission = Admission(2)
    clients = [Client() for _ in range(4)]
    for each in clients:
        admission.admit(each)
    assert [each.aborted for each in clients] == [True, True, False, False]


def test_who_has_negotiated_or_gone_is_not_counted() -> None:
    admission = Admission(2)
    first, second, third, fourth = (Client() for _ in range(4))
    admission.admit(first)
    first.negotiating = False
    admission.admit(second)
    admission.admit(third)
    admission.forget(second)
    admission.forget(second)
    admission.admit(fourth)
    assert not any(each.aborted for each in (first, second, third, fourth))


def test_somebody_has_to_be_admitted() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Admission(0)
