"""The files that are shipped beside the code: templates, schemas, pages about diagnostics.

An installed package holds them in ``qapigen/_data``; in a checkout they are folders beside the
package, ``templates`` and ``schemas`` by their own names, so that editable installs see live
templates.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["SHIPPED_SCHEMA", "asset_folder", "shipped_schema"]

#: The root of the shipped schemas.
SHIPPED_SCHEMA = "qapi-schema.json"

_PACKAGE = Path(__file__).resolve().parents[2]
_IN_CHECKOUT = {"diagnostics": "docs/diagnostics"}


def asset_folder(name: str) -> Path:
    """Where ``templates``, ``schemas`` or ``diagnostics`` are.

    FileNotFoundError from a broken install.
    """
    for folder in (_PACKAGE / "_data" / name, _PACKAGE.parent / _IN_CHECKOUT.get(name, name)):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"qapigen is installed without its {name}; install it again")


def shipped_schema() -> Path:
    """The path of the shipped root schema."""
    return asset_folder("schemas") / SHIPPED_SCHEMA
