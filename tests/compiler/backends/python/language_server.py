"""What an editor shows of a Python file: pyright's language server, asked over pipes."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

__all__ = ["LanguageServer"]


class LanguageServer:
    """pyright for the files below a folder, until it is closed.

    Whatever takes longer than ``seconds`` in all is ended.
    """

    def __init__(self, folder: Path, *, seconds: float = 120) -> None:
        self._folder = folder
        self._number = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pyright.langserver", "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._limit = threading.Timer(seconds, self._process.kill)
        self._limit.start()
        shown = {"textDocument": {"hover": {"contentFormat": ["markdown"]}}}
        place = {"uri": folder.as_uri(), "name": "all"}
        options = {"processId": None, "capabilities": shown, "workspaceFolders": [place]}
        self._ask("initialize", {"rootUri": folder.as_uri(), **options})
        self._send(method="initialized", params={})

    def __enter__(self) -> LanguageServer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._limit.cancel()
        self._process.kill()
        self._process.communicate()

    def hovers(self, name: str) -> dict[str, str]:
        """What is shown for the last name on each line of a file, by that name."""
        path = self._folder / name
        text = path.read_text("utf-8")
        document = {"uri": path.as_uri(), "languageId": "python", "version": 1, "text": text}
        self._send(method="textDocument/didOpen", params={"textDocument": document})
        found: dict[str, str] = {}
        for number, line in enumerate(text.splitlines()):
            place = {"line": number, "character": len(line) - 1}
            where = {"textDocument": {"uri": path.as_uri()}, "position": place}
            answer = self._ask("textDocument/hover", where)
            if answer is not None:
                found[line.replace(".", " ").split()[-1]] = answer["contents"]["value"]
        return found

    def _ask(self, method: str, params: Mapping[str, object]) -> Any:
        self._number += 1
        self._send(id=self._number, method=method, params=params)
        while True:
            message = self._receive()
            if "method" not in message and message.get("id") == self._number:
                return message["result"]
            if "method" in message and "id" in message:  # it asks for settings: there are none
                items = message.get("params", {}).get("items")
                self._send(id=message["id"], result=items and [None] * len(items))

    def _send(self, **message: object) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        length = 0
        while (line := self._process.stdout.readline()) not in (b"\r\n", b""):
            key, _, value = line.partition(b":")
            if key.lower() == b"content-length":
                length = int(value)
        assert length, "the language server has ended"
        found: dict[str, Any] = json.loads(self._process.stdout.read(length))
        return found
