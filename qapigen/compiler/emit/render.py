"""Templates to text.

In: the name of a template and the values it prints.  Out: text.
Must not know: QAPI; templates have loops and plain tests, all decisions are in their values.

What a template can rely on is an interface: :data:`TEMPLATE_API` is its version, templates see
it as ``template_api``.  It grows when values or filters go away or change their meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, TemplateError

from .assets import asset_folder

__all__ = ["TEMPLATE_API", "Renderer", "TemplateFailure"]

#: The version of the values and filters that templates are given.
TEMPLATE_API = 1


class TemplateFailure(Exception):
    """A template that is missing or wrong; ``str()`` says which and why."""


class Renderer:
    """Renders templates, those of ``folders`` before the shipped ones.

    ``finish`` is applied to the text of each Python file (formatting, say); it is given the
    output path and the text.
    """

    def __init__(
        self,
        folders: Sequence[Path] = (),
        *,
        finish: Callable[[str, str], str] | None = None,
    ) -> None:
        self.folders = tuple(folders)
        self.finish = finish

    @cached_property
    def _environment(self) -> Environment:
        loaders = [FileSystemLoader(folder) for folder in (*self.folders, asset_folder("templates"))]
        environment = Environment(
            loader=ChoiceLoader(loaders),
            undefined=StrictUndefined,
            autoescape=False,  # the output is Python and Markdown, not HTML
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        environment.globals["template_api"] = TEMPLATE_API
        return environment

    def render(self, template: str, path: str, /, **values: object) -> str:
        """The text of ``template`` for the output file ``path``; TemplateFailure if it is wrong."""
        try:
            text = self._environment.get_template(template).render(**values)
        except TemplateError as error:
            place = f"{getattr(error, 'filename', None) or template}"
            line = getattr(error, "lineno", None)
            where = f"{place}:{line}" if line else place
            raise TemplateFailure(f"{where}: error: {error.message or error}") from error
        if self.finish is not None and path.endswith((".py", ".pyi")):
            text = self.finish(path, text)
        return text
