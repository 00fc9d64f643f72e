"""QEMU's own front end as a process: ``python peer.py FOLDER``, where FOLDER has ``scripts/qapi``.

In: lines on stdin, each the path of a schema.  Out: a line of JSON on stdout for each.

``verdict``   ``accepted``, ``refused`` or ``crashed``
``line``      of a refusal, in the file that has the error; ``file`` is that file
``message``   of a refusal or crash, for people
``docs``      of a schema that is accepted: the documentation blocks, as in ``qapi-ir/1``

Nothing but the standard library and that folder is imported.
"""

from __future__ import annotations

import json
import os
import re
import sys
from typing import Any

# Until 8.0 the name of the program stands before it; paths are absolute here.
_PLACE = re.compile(r"^(?:\S+\.py: )?(?P<file>/[^\n:]+):(?P<line>\d+)(?::\d+)?: ", re.MULTILINE)
_UNTAGGED = ("", "PLAIN", "INTRO")


def _docs(schema: Any) -> list[dict[str, Any]]:
    return [_new_block(doc) if hasattr(doc, "all_sections") else _block(doc) for doc in schema.docs]


def _block(doc: Any) -> dict[str, Any]:
    """A block of the parsers up to 8.2."""
    return {
        "symbol": doc.symbol,
        "body": doc.body.text,
        "members": [[name, part.text] for name, part in doc.args.items() if part.text],
        "features": [[name, part.text] for name, part in doc.features.items()],
        "sections": [[part.name, part.text] for part in doc.sections],
    }


def _new_block(doc: Any) -> dict[str, Any]:
    """A block of the parsers since 9.0; what the generator puts in by itself has no text."""
    found: dict[str, Any] = {"symbol": doc.symbol, "body": None}
    found.update(members=[], features=[], sections=[])
    for part in doc.all_sections:
        kind = getattr(part, "kind", None)
        tag = kind.name if kind is not None else (part.tag or "")
        if hasattr(part, "name") and (kind is None or tag in ("MEMBER", "FEATURE")):
            if part.text:
                of = "features" if doc.features.get(part.name) is part else "members"
                found[of].append([part.name, part.text])
        elif tag not in _UNTAGGED:
            if part.text:
                found["sections"].append([tag.title() if tag != "TODO" else tag, part.text])
        elif part.text:
            found["sections"].append([None, part.text])
    return found


def _look(path: str, read: Any, error: type[Exception]) -> dict[str, Any]:
    try:
        schema = read(path)
        return {"verdict": "accepted", "docs": _docs(schema)}
    except error as refusal:
        found: dict[str, Any] = {
            "verdict": "refused",
            "message": str(refusal),
            "file": None,
            "line": None,
        }
        place = _PLACE.search(str(refusal))
        if place is not None:
            found.update(file=os.path.abspath(place["file"]), line=int(place["line"]))
        return found
    except Exception as crash:  # noqa: BLE001 - assertions and the like count as crashes
        return {"verdict": "crashed", "message": repr(crash)}


def main() -> None:
    """Answer until stdin ends."""
    sys.path.insert(0, os.path.join(sys.argv[1], "scripts"))
    from qapi.error import QAPIError  # type: ignore[import-not-found]
    from qapi.schema import QAPISchema  # type: ignore[import-not-found]

    for line in sys.stdin:
        sys.stdout.write(json.dumps(_look(line.rstrip("\n"), QAPISchema, QAPIError)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
