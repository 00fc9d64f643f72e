"""File descriptors of a connection, and where a handler finds it."""

from __future__ import annotations

import contextvars
import os

import pytest

from qapigen.runtime.aio.context import (
    CommandContext,
    DescriptorCommands,
    Descriptors,
    current_session,
    enter,
)
from qapigen.runtime.errors import QapiError


def new() -> int:
    """A descriptor that nobody else has."""
    return os.open(os.devnull, os.O_RDONLY)


def is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def test_getfd_and_closefd() -> None:
    held, fd = Descriptors(), new()
    held.receive([fd], replace=True)
    held.store("disk")
    assert held.names() == ["disk"]
    held.drop("disk")
    assert not is_open(fd)
    with pytest.raises(QapiError, match="'disk'"):
        held.drop("disk")


def test_commands_for_descriptors() -> None:
    context = CommandContext("client-1", peer="", emit=lambda _: None, shutdown=lambda: None)
    commands, fd = DescriptorCommands(), new()

    def scenario() -> None:
        enter(context)
        context.descriptors.receive([fd], replace=True)
        commands.getfd(fdname="disk")
        assert context.descriptors.names() == ["disk"]
        commands.closefd(fdname="disk")
        assert not is_open(fd)
        with pytest.raises(QapiError, match="'disk'"):
            commands.closefd(fdname="disk")

    contextvars.copy_context().run(scenario)


def test_nothing_to_get() -> None:
    with pytest.raises(QapiError, match="SCM_RIGHTS"):
        Descriptors().store("disk")


def test_a_name_must_not_begin_with_a_digit() -> None:
    held, fd = Descriptors(), new()
    held.receive([fd], replace=True)
    with pytest.raises(QapiError, match="digit"):
        held.store("1disk")
    assert not is_open(fd) and not held.names()


def test_a_name_in_use_stands_for_the_new_one() -> None:
    held, old, fd = Descriptors(), new(), new()
    held.receive([old, fd], replace=True)
    held.store("disk")
    held.store("disk")
    assert not is_open(old) and is_open(fd)
    assert held.take("disk") == fd
    os.close(fd)
    assert held.names() == []


def test_what_nobody_claimed_gives_way() -> None:
    held, first, second, third = Descriptors(), new(), new(), new()
    held.receive([first], replace=True)
    held.receive([second], replace=False)
    assert is_open(first)
    held.receive([third], replace=True)
    assert not is_open(first) and not is_open(second)
    assert held.claim() == third
    os.close(third)


def test_what_nobody_claims_does_not_pile_up() -> None:
    held, first = Descriptors(), new()
    held.receive([first], replace=False)
    held.receive([new() for _ in range(253)], replace=False)
    assert not is_open(first)
    held.close()


def test_the_end_closes_all() -> None:
    held, named, unclaimed = Descriptors(), new(), new()
    held.receive([named, unclaimed], replace=True)
    held.store("disk")
    held.close()
    assert not is_open(named) and not is_open(unclaimed)


def test_the_current_session() -> None:
    context = CommandContext("client-1", peer="x", emit=print, shutdown=print)
    variables = contextvars.copy_context()
    variables.run(enter, context)
    assert variables.run(current_session) is context
    with pytest.raises(RuntimeError):
        current_session()
    with pytest.raises(QapiError):
        context.getfd("disk")
    with pytest.raises(QapiError):
        context.closefd("disk")
    with pytest.raises(QapiError):
        context.take_fd("disk")
    assert "client-1" in repr(context)
