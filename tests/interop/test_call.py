"""``qapigen call`` with real QEMUs: words become the types that each of them wants."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from qapigen.cli.main import main
from tests.interop.differences import Release
from tests.interop.packages import ROOTS
from tests.interop.programs import QEMU, machine_socket

pytestmark = [pytest.mark.requires(QEMU), pytest.mark.xdist_group("call")]

MACHINE = """
-nodefaults -display none -S -machine pc -m 64 -device virtio-balloon-pci,id=balloon
-blockdev null-co,node-name=disk0,size=67108864,read-zeroes=on
-blockdev null-co,node-name=disk1,size=67108864,read-zeroes=on
-blockdev null-co,node-name=disk2,size=67108864,read-zeroes=on
"""

CallOf: TypeAlias = Callable[..., Any]


@pytest.fixture(scope="module")
def machine(
    release: Release, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[CallOf, Release]]:
    """A PC of each QEMU, and what runs a command of it and gives the answer."""
    with machine_socket(tmp_path_factory.mktemp("pc"), MACHINE.split()) as path:

        def call(words: str, *more: str | Path) -> Any:
            out, err = io.StringIO(), io.StringIO()
            given = ["call", path, *words.split(), *more, "--timeout", "60"]
            with redirect_stdout(out), redirect_stderr(err):
                status = main([str(each) for each in given])
            assert status == 0, (words, err.getvalue())
            return json.loads(out.getvalue())

        yield call, release


def slots(answer: Any) -> dict[str, tuple[int, int]]:
    """Where devices are on the PCI bus, by id."""
    return {
        each["qdev_id"]: (each["slot"], each["function"])
        for bus in answer
        for each in bus["devices"]
    }


def test_device_add(machine: tuple[CallOf, Release]) -> None:
    """Booleans, integers, sizes, enums, and texts that look like something else."""
    call, _ = machine
    call(
        "device_add driver=virtio-blk-pci id=vd0 drive=disk0 share-rw=on discard=off addr=5"
        " serial=1.10 bootindex=0x3 num-queues=2 logical_block_size=4K physical_block_size=4096"
        " write-cache=on werror=stop"
    )
    values = {
        "share-rw": True,
        "discard": False,
        "serial": "1.10",
        "bootindex": 3,
        "num-queues": 2,
        "logical_block_size": 4096,
        "write-cache": "on",
        "werror": "stop",
    }
    path = "/machine/peripheral/vd0"
    assert {name: call(f"qom-get path={path} property={name}") for name in values} == values
    assert slots(call("query-pci"))["vd0"] == (5, 0)


def test_a_slot_with_a_function(machine: tuple[CallOf, Release]) -> None:
    call, _ = machine
    call("device_add driver=virtio-rng-pci id=rng0 addr=1e.1 multifunction=yes")
    assert slots(call("query-pci"))["rng0"] == (30, 1)


def test_an_alias(machine: tuple[CallOf, Release]) -> None:
    call, _ = machine
    call("device_add driver=virtio-blk id=vd1 drive=disk1 share-rw=on serial=7")
    assert call("qom-get path=/machine/peripheral/vd1 property=share-rw") is True
    assert call("qom-get path=/machine/peripheral/vd1 property=serial") == "7"


def test_with_its_schema(corpus: Path, machine: tuple[CallOf, Release]) -> None:
    """The schema says nothing of properties either."""
    call, _ = machine
    call(
        "device_add driver=virtio-blk-pci id=vd2 drive=disk2 share-rw=on serial=8 bootindex=4",
        *("--schema", corpus / "qemu-7.2" / ROOTS["live_qapi"]),
    )
    assert call("qom-get path=/machine/peripheral/vd2 property=bootindex") == 4


def test_a_device_that_cannot_be(machine: tuple[CallOf, Release]) -> None:
    """What is wrong is QEMU's to say, and it lives on."""
    call, _ = machine
    for words in (
        "driver=no-such-thing id=x share-rw=on",
        "driver=virtio-blk-pci id=x shar-rw=on",
        "driver=virtio-gpu-gl-pci id=x xres=640 no-such=1",
        "driver=virtio-rng-pci id=x addr=nowhere",
    ):
        with pytest.raises(AssertionError, match="GenericError"):
            call(f"device_add {words}")
    assert call("query-status")["status"] == "prelaunch"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [("guest-stats-polling-interval", "2", 2), ("guest-stats-polling-interval", "0x3", 3)],
)
def test_qom_set(machine: tuple[CallOf, Release], name: str, text: str, value: object) -> None:
    call, _ = machine
    path = "/machine/peripheral/balloon"
    call(f"qom-set path={path} property={name} value={text}")
    assert call(f"qom-get path={path} property={name}") == value


def test_qom_set_of_objects(machine: tuple[CallOf, Release]) -> None:
    """Members that the kind of object has: sizes, booleans, arrays of numbers, enums."""
    call, _ = machine
    call("object-add qom-type=memory-backend-ram id=ram0 size=1M share=on prealloc=off")
    assert call("qom-get path=/objects/ram0 property=size") == 1 << 20
    assert call("qom-get path=/objects/ram0 property=share") is True
    for text, value in (("off", False), ("on", True)):
        call(f"qom-set path=/objects/ram0 property=merge value={text}")
        assert call("qom-get path=/objects/ram0 property=merge") is value
    call("object-add qom-type=secret id=s0 data=123")  # a text, whatever it looks like
    call("object-add qom-type=iothread id=t0 poll-max-ns=16K")
    assert call("qom-get path=/objects/t0 property=poll-max-ns") == 16384
    call("qom-set path=/objects/t0 property=poll-max-ns value=32K")
    assert call("qom-get path=/objects/t0 property=poll-max-ns") == 32768


def test_blockdev_add(machine: tuple[CallOf, Release]) -> None:
    """A node or its name, members of what the driver is, at any depth."""
    call, _ = machine
    call("blockdev-add driver=null-co node-name=n0 size=1M read-zeroes=on")
    call("blockdev-add driver=raw node-name=r0 file=n0 offset=512 size=64K cache.direct=off")
    call(
        "blockdev-add driver=raw node-name=r1 read-only=on file.driver=null-co file.size=2M"
        " file.latency-ns=0"
    )
    sizes = {
        each["node-name"]: each["image"]["virtual-size"]
        for each in call("query-named-block-nodes")
        if "node-name" in each
    }
    assert (sizes["n0"], sizes["r0"], sizes["r1"]) == (1 << 20, 1 << 16, 2 << 20)


def test_netdev_add(machine: tuple[CallOf, Release]) -> None:
    call, _ = machine
    call("netdev_add type=hubport id=h0 hubid=7")
    call("netdev_add type=socket id=s1 listen=127.0.0.1:0")
    call("device_add driver=virtio-net-pci id=net0 netdev=h0 mrg_rxbuf=off tx_queue_size=256")
    path = "/machine/peripheral/net0"
    assert call(f"qom-get path={path} property=mrg_rxbuf") is False
    assert call(f"qom-get path={path} property=tx_queue_size") == 256
