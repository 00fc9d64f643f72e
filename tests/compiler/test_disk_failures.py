"""Output that cannot be written leaves the old output, and nothing else."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qapigen.compiler import disk
from qapigen.compiler.disk import MANIFEST, OutputError, write
from qapigen.compiler.emit.filetree import FileTree
from tests.outside import REPOSITORY

OLD = FileTree({"a": "old a\n", "d/b": "old b\n", "d/gone": "old\n"})
NEW = FileTree({"a": "new a\n", "d/b": "new b\n", "e/c": "new c\n"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the output of an earlier run."""
    write(tmp_path / "out", "p", OLD)
    return tmp_path / "out"


def files(folder: Path) -> dict[str, bytes]:
    """Everything below a folder, hidden files too."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def full(*_: Any, **__: Any) -> Any:
    """Behaves like a call on a disk without room."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def failing(call: Callable[..., Any], after: int) -> Callable[..., Any]:
    """``call``, until it has been called ``after`` times."""
    count = 0

    def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal count
        count += 1
        return full() if count > after else call(*args, **kwargs)

    return counted


class FullFile:
    """A file that takes what it is given and has no room when it is closed."""

    def __init__(self, file: Any) -> None:
        self.file = file

    def __enter__(self) -> FullFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()
        full()

    def write(self, _: str) -> None:
        """Like a buffered file, which has not tried yet."""


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_no_room_for_temporary_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    before = files(folder)
    with monkeypatch.context() as patch:
        patch.setattr(disk, "_prepare", failing(disk._prepare, after))
        with pytest.raises(OutputError, match="No space left on device"):
            write(folder, "p", NEW)
    found = files(folder)
    # The manifest may still be the plan, which is as good: there is no room to write it anew.
    assert {**found, MANIFEST: b""} == {**before, MANIFEST: b""}
    assert set(json.loads(found[MANIFEST])["packages"]["p"]) >= {*OLD}
    assert write(folder, "p", NEW).removed == ("d/gone",)


def test_no_room_for_their_text(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = files(folder)

    def open_full(path: object, *args: Any, **kwargs: Any) -> Any:
        file = open(path, *args, **kwargs)  # type: ignore[call-overload]  # noqa: SIM115
        return FullFile(file) if "x" in args else file

    monkeypatch.setattr(disk, "open", open_full, raising=False)
    with pytest.raises(OutputError, match=r"out: error: No space left on device"):
        write(folder, "p", NEW)
    assert files(folder) == before


def test_the_first_file_cannot_be_replaced(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = files(folder)
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write(folder, "p", NEW)
    assert files(folder) == before


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_later_file_cannot_be_replaced(
    folder: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Every file is an old or a new one, complete; the next run brings order."""
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", failing(os.replace, after))
        with pytest.raises(OutputError, match="No space left on device"):
            write(folder, "p", NEW)
    found = files(folder)
    assert set(found) <= {*OLD, *NEW, MANIFEST}
    for path in found.keys() - {MANIFEST}:
        assert found[path].decode() in {OLD.get(path), NEW.get(path)}


def test_a_failure_is_repaired_by_the_next_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(OutputError):
            write(folder, "p", NEW)
    assert write(folder, "p", NEW).removed == ("d/gone",)
    assert files(folder).keys() == {*NEW, MANIFEST}


def test_a_stale_file_that_cannot_be_removed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    monkeypatch.setattr(Path, "unlink", locked)
    with pytest.raises(OutputError, match="gone: error: Permission denied"):
        write(folder, "p", NEW)
    assert {path: (folder / path).read_text(encoding="utf-8") for path in NEW} == NEW


# In a process of its own, where limits and permissions can be set.

_WRITE = """
    import os, resource, sys
    from pathlib import Path
    from qapigen.compiler.disk import OutputError, compare, write
    from qapigen.compiler.emit.filetree import FileTree
    {limit}
    try:
        write(Path(sys.argv[1]), "p", FileTree({{"a": "new", "d/b": "x" * 100_000}}))
    except OutputError as error:
        print(error)
        sys.exit(3)
"""


def written_apart(folder: Path, limit: str) -> subprocess.CompletedProcess[str]:
    """A run in another process, after ``limit``."""
    code = textwrap.dedent(_WRITE).format(limit=limit)
    return subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"},
        timeout=60,
        check=False,
    )


def test_a_limit_on_the_size_of_files(folder: Path) -> None:
    before = files(folder)
    limit = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    limit += "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))"
    done = written_apart(folder, limit)
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout == f"{folder}: error: File too large\n"
    assert files(folder) == before


NOBODY = 65534


@pytest.fixture
def as_nobody(tmp_path: Path) -> str:
    """Code that gives up the rights of root, whom no permission stops."""
    if os.getuid() != 0:
        return "pass"
    for path in (tmp_path, *tmp_path.parents):
        if path.stat().st_uid == 0 and not path.stat().st_mode & 0o001:
            path.chmod(path.stat().st_mode | 0o001)
    for path in (REPOSITORY, *REPOSITORY.parents):
        if not path.stat().st_mode & 0o001:
            pytest.skip("the checkout cannot be read by others")
    return f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})"


@pytest.mark.may_skip
def test_a_folder_that_may_not_be_written(folder: Path, as_nobody: str) -> None:
    before = files(folder)
    for path in (folder, folder / "d"):
        path.chmod(0o555)
    try:
        done = written_apart(folder, as_nobody)
    finally:
        for path in (folder, folder / "d"):
            path.chmod(0o755)
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout.endswith(": error: Permission denied\n")
    assert files(folder) == before


@pytest.mark.may_skip
def test_a_folder_that_may_not_be_made(tmp_path: Path, as_nobody: str) -> None:
    tmp_path.chmod(0o555)
    done = written_apart(tmp_path / "out", as_nobody)
    tmp_path.chmod(0o755)
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout == f"{tmp_path / 'out'}: error: Permission denied\n"


@pytest.mark.may_skip
def test_a_file_that_may_not_be_read(folder: Path, as_nobody: str) -> None:
    before = files(folder)
    (folder / "a").chmod(0o000)
    if os.getuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
    done = written_apart(folder, as_nobody)
    (folder / "a").chmod(0o644)
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout == f"{folder / 'a'}: error: Permission denied\n"
    assert files(folder) == before


# Killed, interrupted, two at once: in processes of their own.

_KILLED = """
    import os, signal, sys
    from pathlib import Path
    from qapigen.compiler import disk
    from qapigen.compiler.emit.filetree import FileTree
    left = int(sys.argv[2])
    def stopping(call):
        def counted(*args, **more):
            global left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), getattr(signal, sys.argv[3]))
            return call(*args, **more)
        return counted
    for name in ("replace", "unlink", "chmod"):
        setattr(disk.os, name, stopping(getattr(os, name)))
    Path.mkdir = stopping(Path.mkdir)
    disk.open = stopping(open)
    try:
        disk.write(Path(sys.argv[1]), "p", FileTree({"a": "new a", "d/b": "new b", "e/c": "new"}))
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(77)
"""


def stopped(folder: Path, after: int, how: str) -> int:
    """A run that is ended at one of the places where it changes something; its exit status."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_KILLED), str(folder), str(after), how],
        cwd=REPOSITORY,
        check=False,
        timeout=60,
    ).returncode


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("how", ["SIGKILL", "SIGINT"])
def test_a_run_that_is_ended_anywhere(tmp_path: Path, how: str, first: bool) -> None:
    """The next one, with another output, is not in its way, and nothing is left of it."""
    for after in range(1, 100):
        folder = tmp_path / str(after)
        if not first:
            write(folder, "p", OLD)
        status = stopped(folder, after, how)
        if how == "SIGINT" and folder.is_dir():
            assert not [path for path in files(folder) if path.endswith(".qapigen-new")]
        other = FileTree({"a": "third", "f/g": "third"})
        write(folder, "p", other)
        assert files(folder).keys() == {*other, MANIFEST}, after
        assert {path.name for path in folder.rglob("*") if path.is_dir()} == {"f"}
        if status == 77:  # it was done before
            break
    assert after > 10


def test_runs_at_the_same_time(tmp_path: Path) -> None:
    """Each waits for the other; neither is forgotten, whether or not they are of one package."""
    program = """
        import sys
        from pathlib import Path
        from qapigen.compiler.disk import write
        from qapigen.compiler.emit.filetree import FileTree
        name = sys.argv[2]
        sys.stdin.read()
        write(Path(sys.argv[1]), name, FileTree({f"{name}/{n}": sys.argv[3] for n in range(30)}))
    """
    for turn in range(5):
        folder = tmp_path / str(turn)
        started = [
            subprocess.Popen(
                [sys.executable, "-c", textwrap.dedent(program), str(folder), name, text],
                cwd=REPOSITORY,
                stdin=subprocess.PIPE,
            )
            for name, text in (("p", "1"), ("p", "2"), ("q", "3"))
        ]
        for each in started:
            assert each.stdin is not None
            each.stdin.close()  # all at once
        assert [each.wait(60) for each in started] == [0, 0, 0]
        found = files(folder)
        assert set(json.loads(found[MANIFEST])["packages"]) == {"p", "q"}
        assert len({found[f"p/{n}"] for n in range(30)}) == 1
        assert len(found) == 61
