"""The files that are shipped beside the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from qapigen.compiler.emit import assets
from qapigen.compiler.emit.assets import SHIPPED_SCHEMA, asset_folder, shipped_schema


def test_in_a_checkout(repository: Path) -> None:
    assert asset_folder("templates") == repository / "templates"
    assert shipped_schema() == repository / "schemas" / SHIPPED_SCHEMA
    assert shipped_schema().is_file()


def test_in_an_installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "_PACKAGE", tmp_path / "qapigen")
    data = tmp_path / "qapigen" / "_data" / "schemas"
    data.mkdir(parents=True)
    (tmp_path / "schemas").mkdir()
    assert asset_folder("schemas") == data
    data.rmdir()
    assert asset_folder("schemas") == tmp_path / "schemas"


def test_in_a_broken_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "_PACKAGE", tmp_path / "qapigen")
    (tmp_path / "templates").write_text("no folder", encoding="utf-8")
    with pytest.raises(FileNotFoundError, match="installed without its templates"):
        asset_folder("templates")
