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
from traceback import walk_tb

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
)

from .assets import asset_folder

__all__ = ["TEMPLATE_API", "Renderer", "TemplateFailure"]

#: The version of the values and filters that templates are given.
TEMPLATE_API = 2

_SUFFIX = ".j2"

# What a wrong template can raise besides jinja's own errors: it may divide by zero, or be no text.
_FAILURES = (
    TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)


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
        loaders = [
            FileSystemLoader(folder) for folder in (*self.folders, asset_folder("templates"))
        ]
        environment = Environment(
            loader=ChoiceLoader(loaders),
            undefined=StrictUndefined,
            autoescape=False,  # the output is Python and Markdown, not HTML
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,  # a renderer is for one run
        )
        environment.globals["template_api"] = TEMPLATE_API
        return environment

    def render(self, template: str, path: str, /, **values: object) -> str:
        """The text of ``template`` for the output file ``path``; TemplateFailure if it is wrong."""
        try:
            text = self._environment.get_template(template).render(**values)
        except _FAILURES as error:
            place, message = _place(error, template), str(error)
            if isinstance(error, TemplateNotFound):
                message = f"no template '{error.name}'"
            raise TemplateFailure(f"{place}: error: {message}") from error
        if self.finish is not None and path.endswith((".py", ".pyi")):
            text = self.finish(path, text)
        return text


def _place(error: Exception, template: str) -> str:
    """Where in which template an error comes from, as far as it can be told."""
    if isinstance(error, TemplateSyntaxError):
        return f"{error.filename or error.name or template}:{error.lineno}"
    # jinja makes the frames of a template carry its own file and lines.
    frames = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    found = [f"{path}:{line}" for path, line in frames if path.endswith(_SUFFIX)]
    return found[-1] if found else template
