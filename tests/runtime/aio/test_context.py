"""What handlers can do about the connection that their command came on."""

from __future__ import annotations

import contextvars
import os

import pytest

from qapigen.runtime.aio.context import (
    CommandContext,
    DescriptorCommands,
    current_session,
    enter,
)
from qapigen.runtime.errors import QapiError

from .test_descriptors import is_open, new


def test_commands_for_descriptors() -> None:
    context = CommandContext("client-1", peer="", emit=lambda _: None, shutdown=lambda: None)
    commands, fd = DescriptorCommands(), new()

    def scenario() -> None:
        enter(context)
        context.descriptors.receive([fd], replace=True)
        commands.getfd(fdname="disk")
        assert context.named_descriptors.names() == ["disk"]
        commands.closefd(fdname="disk")
        assert not is_open(fd)
        with pytest.raises(QapiError, match="'disk'"):
            commands.closefd(fdname="disk")

    contextvars.copy_context().run(scenario)


def test_the_name_is_of_the_descriptor_that_came() -> None:
    context = CommandContext("client-1", peer="", emit=print, shutdown=print)
    with pytest.raises(QapiError, match="SCM_RIGHTS"):
        context.getfd("disk")
    fd = new()
    context.descriptors.receive([fd], replace=True)
    context.getfd("disk")
    assert context.take_fd("disk") == fd
    os.close(fd)


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
