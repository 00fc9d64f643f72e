"""A definition, as its page shows it.

In: a definition and the site.  Out: its view.
Must not know: templates, other definitions' pages.

The sections of its documentation come in their order; what the schema tells besides goes where
a reader looks for it: members without description behind those with one, then inherited ones
and branches, then the result of a command.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...ir import Alternate, Command, Definition, Event, Feature, Section, SectionKind, Union
from ..texts.blocks import Block, Emphasis, Fence, Inline, Name, Paragraph, Quote, Text, Titled
from ..texts.escape import code_span
from ..texts.text_lines import guess_language
from ..texts.writer import Writer
from .order import Run, RunKind, runs_of
from .relations import Part
from .site import Site
from .views import DefinitionView, GroupView
from .wording import badges, capitalized, execution, kind, only_if, type_text

__all__ = ["describe"]

_NOT_DOCUMENTED: tuple[Block, ...] = (Paragraph((Emphasis("Not documented"),)),)
_HIDDEN = ("TODO", "Since")  # the latter is said right below the heading
_TITLES = {"command": "Arguments", "event": "Data", "enum": "Values", "alternate": "Alternatives"}


def describe(site: Site, definition: Definition, *, here: str, level: int) -> DefinitionView:
    """The view of ``definition`` on the page ``here``, under a heading of ``level``."""
    return _Description(site, definition, here).view(level)


class _Description:
    def __init__(self, site: Site, definition: Definition, here: str) -> None:
        self.site = site
        self.definition = definition
        self.here = here
        self.writer = Writer(self.resolve)
        self.own = site.relations.parts[definition.name]
        self.sections = definition.doc.sections if definition.doc is not None else ()

    def resolve(self, name: Name) -> str | None:
        """Where a name in the text leads: a member of another definition to that one."""
        if name.member:
            owner = self.site.relations.owner(self.definition, name.name)
            if owner is self.definition:
                return None
            if owner is not None:
                return self.site.anchors.link(self.here, owner.name)
        return self.site.anchors.link(self.here, name.name)

    def link(self, name: str) -> str:
        return self.site.name(self.here, name)

    def view(self, level: int) -> DefinitionView:
        return DefinitionView(
            marks="#" * level,
            name=code_span(self.definition.name),
            kind=self.site.anchors.kind(self.definition.name),
            facts=tuple(self.facts()),
            groups=tuple(self.groups()),
        )

    def facts(self) -> Iterator[str]:
        """Since when, under which condition, and whether it should be used at all."""
        yield from map(capitalized, badges(self.definition.features, all_of_them=False))
        for section in self.sections:
            if section.kind is SectionKind.TAGGED and section.name == "Since":
                yield f"Since {self.writer.line(self.running(section.text))}"
        yield from map(capitalized, only_if(self.definition.cond))

    def running(self, text: str) -> list[Inline]:
        """A text that should be just a few words, whatever it is."""
        inlines: list[Inline] = []
        for block in self.site.parse(text):
            if isinstance(block, Paragraph):
                inlines += [Text(" "), *block.inlines] if inlines else block.inlines
        return inlines or [Text(text)]

    def groups(self) -> Iterator[GroupView]:
        """Everything below the facts."""
        if self.definition.doc is None:
            yield GroupView(text="*Not documented*")
        tags = {s.name for s in self.sections if s.kind is SectionKind.TAGGED}
        result = isinstance(self.definition, Command) and "Returns" not in tags
        for run in runs_of(self.sections, result=result):
            yield from self.run(run)
        yield from self.closing()

    def run(self, run: Run) -> Iterator[GroupView]:
        """One piece of it."""
        match run.kind:
            case RunKind.TEXT:
                yield GroupView(text=self.writer.text(self.site.parse(run.sections[0].text)))
            case RunKind.MEMBERS:
                yield from self.members(run)
            case RunKind.FEATURES:
                yield from self.features(run)
            case RunKind.RESULT:
                yield GroupView(text=self.result([]))
            case RunKind.TAGGED:
                if run.sections[0].name not in _HIDDEN:
                    yield GroupView(text=self.tagged(run.sections[0]))

    def tagged(self, section: Section) -> str:
        """A section with a tag, such as ``Returns:``."""
        if section.name in ("Example", "Examples"):
            fence = Fence(section.text, guess_language(section.text))
            return self.writer.text([Titled((Text(section.name),), (fence,))])
        blocks = self.site.parse(section.text)
        if section.name == "Returns":
            return self.result(blocks)
        if section.name in ("Note", "Notes"):
            return self.writer.text([Quote((Text(section.name),), blocks)])
        return self.writer.entry(f"**{section.name}:**", blocks, joint=" ")

    def result(self, blocks: Sequence[Block]) -> str:
        """What a command returns."""
        command = self.definition
        assert isinstance(command, Command)
        if not command.success_response:
            what = "nothing, not even that it succeeded"
        elif command.returns is None:
            what = "an empty object"
        else:
            what = type_text(command.returns, self.link)
        return self.writer.entry(f"**Returns:** {what}", blocks, joint=" \u2014 ")

    # Members, values, arguments, alternatives.

    def members(self, run: Run) -> Iterator[GroupView]:
        """Described members; behind the last of them what else there is."""
        entries = [self.member(s.name, self.site.parse(s.text)) for s in run.sections]
        if run.complete:
            described = {s.name for s in self.sections if s.kind is SectionKind.MEMBER}
            missing = [name for name in self.own if name not in described]
            entries += [self.member(name, self.without_text()) for name in missing]
        if entries:
            yield GroupView(title=self.title(), entries=tuple(entries))
        if run.complete:
            yield from self.inherited()
            yield from self.branches()

    def title(self) -> str:
        return _TITLES.get(kind(self.definition), "Members")

    def without_text(self) -> tuple[Block, ...]:
        if isinstance(self.definition, Union) and self.definition.simple:
            return (Paragraph((Text("The name of one of the branches below."),)),)
        return _NOT_DOCUMENTED

    def member(self, name: str, blocks: Sequence[Block]) -> str:
        part = self.own.get(name) or self.site.relations.find(self.definition, name)
        return self.entry(f"**{code_span(name)}**{self.details(part)}", blocks)

    def entry(self, head: str, blocks: Sequence[Block]) -> str:
        """An item of a list."""
        return self.writer.entry(head, blocks, joint=": ", indent="    ")

    def details(self, part: Part | None) -> str:
        """What the schema tells about a member, in parentheses; empty if that is nothing."""
        if part is None:
            return ""
        said: list[str] = []
        if part.type is not None:
            said.append(type_text(part.type, self.link))
        if part.required is not None:
            said.append("required" if part.required else "optional")
        said += only_if(part.cond)
        said += badges(part.features, all_of_them=True)
        return f" ({', '.join(said)})" if said else ""

    def inherited(self) -> Iterator[GroupView]:
        """Members that come from a named type: a base, or that of the arguments or data."""
        relations = self.site.relations
        words = "Members from the base"
        if isinstance(self.definition, Command | Event):
            words = f"{self.title()}: the members of"
        for ancestor, parts in relations.inherited(self.definition):
            if isinstance(ancestor, Alternate):  # boxed arguments of the 2018 dialect
                what = f"one of the alternatives of {self.link(ancestor.name)}"
                yield GroupView(text=f"**{self.title()}:** {what}")
                continue
            entries = tuple(f"{code_span(p.name)}{self.details(p)}" for p in parts)
            title = f"{words} {self.link(ancestor.name)}"
            yield GroupView(title=title if entries else f"{title} (it has none)", entries=entries)
            if isinstance(ancestor, Union):
                tag = code_span("data" if ancestor.simple else ancestor.discriminator)
                yield GroupView(
                    text=f"Further members depend on {tag}, see {self.link(ancestor.name)}."
                )
            words = "Members from its base"
        if relations.has_more(self.definition):
            yield GroupView(text="The bases have more members, which are not listed here.")

    def branches(self) -> Iterator[GroupView]:
        """What a union has besides, for each value of its discriminator."""
        union = self.definition
        if not isinstance(union, Union) or not union.branches:
            return
        entries: list[str] = []
        for branch in union.branches:
            case = ", ".join([f"**{code_span(branch.case)}**", *only_if(branch.cond)])
            if branch.type is None:
                what = "no further members"
            elif union.simple:
                what = f"{code_span('data')} is {type_text(branch.type, self.link)}"
            else:
                what = f"the members of {self.link(branch.type.name)}"
            entries.append(f"{case}: {what}")
        title = f"Branches, by the value of {code_span(union.discriminator)}"
        yield GroupView(title=title, entries=tuple(entries))

    # The rest.

    def features(self, run: Run) -> Iterator[GroupView]:
        """Described features; behind the last of them those that are not described."""
        own = {f.name: f for f in self.definition.features}
        entries = [self.feature(s.name, own, self.site.parse(s.text)) for s in run.sections]
        if run.complete:
            described = {s.name for s in self.sections if s.kind is SectionKind.FEATURE}
            missing = [name for name in own if name not in described]
            entries += [self.feature(name, own, _NOT_DOCUMENTED) for name in missing]
        if entries:
            yield GroupView(title="Features", entries=tuple(entries))

    def feature(self, name: str, own: dict[str, Feature], blocks: Sequence[Block]) -> str:
        condition = only_if(own[name].cond) if name in own else []
        head = ", ".join([f"**{code_span(name)}**", *condition])
        return self.entry(head, blocks)

    def closing(self) -> Iterator[GroupView]:
        if isinstance(self.definition, Command):
            said = execution(self.definition)
            if said:
                yield GroupView(text=f"**Execution:** {said}")
        users = self.site.relations.users(self.definition.name)
        if users:
            links = ", ".join(self.link(user.name) for user in users)
            yield GroupView(text=f"**Used by:** {links}")
