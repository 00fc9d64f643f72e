"""What a bench gives: numbers with their names, printed in columns."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Table"]


@dataclass
class Table:
    """Rows of cells under headings; the first cell of a row is its name."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, name: str, *cells: float | str | None) -> None:
        """Add a row: numbers get a sensible number of digits, None is left empty."""
        self.rows.append((name, *(_cell(cell) for cell in cells)))

    def __str__(self) -> str:
        lines = [("", *self.columns), *self.rows]
        widths = [max(len(line[at]) for line in lines) for at in range(len(self.columns) + 1)]
        text = [self.title, "=" * len(self.title)]
        for line in lines:
            cells = [line[0].ljust(widths[0])]
            cells += [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
            text.append("  ".join(cells).rstrip())
        return "\n".join([*text, *self.notes])

    def markdown(self) -> str:
        """The same for a page of documentation."""
        marks = ("---", *("--:" for _ in self.columns))
        lines = [("", *self.columns), marks, *self.rows]
        text = [f"| {' | '.join(line)} |" for line in lines]
        return "\n".join(
            [f"### {self.title}", "", *text, "", *(f"- {note}" for note in self.notes)]
        )


def _cell(value: float | str | None) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
