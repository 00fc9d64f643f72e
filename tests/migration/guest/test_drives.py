"""Disks: names, files, and what cannot be used."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qapigen.migration.guest.drives import Drive, DriveError, Drives, parse_disk


def disk(folder: Path, name: str, size: int = 1024) -> Drive:
    path = folder / f"{name}.img"
    path.write_bytes(bytes(size))
    return Drive(name, path)


@pytest.mark.parametrize(
    ("text", "name", "path"),
    [
        ("d0=disk.img", "d0", "disk.img"),
        ("a-b.c=/tmp/with = and blank", "a-b.c", "/tmp/with = and blank"),
        (f"{'x' * 255}=f", "x" * 255, "f"),
    ],
)
def test_parse_disk(text: str, name: str, path: str) -> None:
    assert parse_disk(text) == Drive(name, Path(path))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "expected NAME=FILE"),
        ("disk.img", "expected NAME=FILE"),
        ("=disk.img", "expected NAME=FILE"),
        ("d0=", "expected NAME=FILE"),
        (f"{'x' * 256}=f", "more than 255 bytes"),
        ("d\u00e9=f", "plain ASCII"),
        ("d 0=f", "plain ASCII"),
        ("d\n=f", "plain ASCII"),
    ],
)
def test_parse_disk_refuses(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_disk(text)


@pytest.mark.parametrize(
    ("size", "whole"), [(0, 0), (1, 512), (512, 512), (513, 1024), (1 << 20, 1 << 20)]
)
def test_the_size_is_whole_sectors(tmp_path: Path, size: int, whole: int) -> None:
    assert disk(tmp_path, "d0", size).size_bytes() == whole


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(DriveError, match="drive d0: .*No such file"):
        Drive("d0", tmp_path / "absent").size_bytes()


def test_a_folder_is_no_disk(tmp_path: Path) -> None:
    with pytest.raises(DriveError, match="no regular file"):
        Drive("d0", tmp_path).size_bytes()


def test_a_pipe_is_no_disk(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DriveError, match="no regular file"):
        Drive("d0", tmp_path / "pipe").size_bytes()


@pytest.mark.parametrize(
    ("read_only", "allowed", "reason"),
    [
        (False, os.R_OK, "read and write"),
        (True, 0, "to read "),
        (True, os.R_OK, None),
        (False, os.R_OK | os.W_OK, None),
    ],
)
def test_permissions(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    read_only: bool,
    allowed: int,
    reason: str | None,
) -> None:
    """The superuser may do everything, so the answer of the host is given by us."""
    drive = Drive("d0", disk(tmp_path, "d0").path, read_only)
    monkeypatch.setattr(os, "access", lambda path, mode: mode & ~allowed == 0)
    if reason is None:
        assert drive.size_bytes() == 1024
    else:
        with pytest.raises(DriveError, match=reason):
            drive.size_bytes()


def test_drives_in_the_order_given(tmp_path: Path) -> None:
    first, second = disk(tmp_path, "z"), disk(tmp_path, "a")
    drives = Drives([first, second])
    assert [*drives] == [first, second]
    assert len(drives) == 2
    assert drives["a"] is second
    assert "z" in drives
    assert "b" not in drives
    assert [*Drives()] == []


def test_drives_refuse(tmp_path: Path) -> None:
    drive = disk(tmp_path, "d0")
    with pytest.raises(DriveError, match="two drives have the name d0"):
        Drives([drive, Drive("d0", disk(tmp_path, "d1").path)])
    with pytest.raises(DriveError, match="drives d0 and d2 have the same file"):
        Drives([drive, Drive("d2", drive.path)])
    with pytest.raises(DriveError, match="No such file"):
        Drives([drive, Drive("d3", tmp_path / "absent")])


def test_a_link_is_the_same_file(tmp_path: Path) -> None:
    drive = disk(tmp_path, "d0")
    (tmp_path / "link").symlink_to(drive.path)
    with pytest.raises(DriveError, match="same file"):
        Drives([drive, Drive("d1", tmp_path / "link")])
