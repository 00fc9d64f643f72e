"""The diagnostics that the compiler can give, each with a stable code.

Numbers are the project's own and never change their meaning; a number that falls out of use is
not given out again.  ``slug`` is the name for people, ``title`` says what is wrong in general.
``Stage`` is what the check that finds it looks at.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

__all__ = ["CODES", "STYLE", "Code", "Stage", "find_code"]


class Stage(IntEnum):
    """What a check looks at.

    READ problems end a run and are shown in source order.  The order of all others is the
    checker's, because the dialects take the later stages in different turns.
    """

    READ = 1  #: text, tokens, syntax, directives, the form of comments
    HEAD = 2  #: kind, name and keys of a definition
    BODY = 3  #: the rest of a definition on its own
    DEFINE = 4  #: names given twice
    TYPES = 5  #: types and discriminators that a definition refers to
    STRUCTURE = 6  #: clashes, cycles, members without description
    DOCS = 7  #: descriptions of what does not exist
    LIMITS = 8  #: limits of the whole schema
    CONFIGURATION = 9  #: what is left of the schema under a configuration
    ADVICE = 10  #: what is legal, and hardly meant


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of diagnostic: an error (``E...``), a warning (``W...``), or a rule of style.

    Rules of style are errors in QEMU's own generator.  They have numbers of errors, and are
    warnings all the same unless somebody asks for more: what breaks them means the same.
    """

    id: str
    slug: str
    stage: Stage
    title: str

    @property
    def is_warning(self) -> bool:
        """Whether a schema may have it and still be compiled."""
        return self.id[0] == "W" or self.slug in STYLE


def _table() -> dict[str, Code]:
    rows: dict[str, Code] = {}
    stage = Stage.READ
    for line in _ROWS.strip().splitlines():
        if line.startswith("["):
            stage = Stage[line.strip("[]")]
            continue
        number, slug, title = line.split(maxsplit=2)
        letter = "W" if stage is Stage.ADVICE else "E"
        rows[slug] = Code(f"{letter}{int(number):03}", slug, stage, title)
    return rows


_ROWS = """
[READ]
1 root-unreadable the root schema cannot be read
4 stray-character a character that starts no token
5 unterminated-string a string that does not end on its line
6 bad-escape an escape sequence that the language does not have
7 bad-unicode-escape a \\u escape without four hexadecimal digits
8 unicode-escape-range a \\u escape that is not ASCII, or is NUL
9 string-character a character that strings must not hold
10 top-level-not-object a top-level expression that does not start with a brace
11 top-level-not-definition a top-level value that is no object
12 expected-value a value is missing
13 expected-key-or-brace neither a key nor the closing brace
14 expected-key a comma that no key follows
15 expected-colon a key without its colon
16 expected-comma-or-brace neither a comma nor the closing brace
17 duplicate-key a key given twice
18 expected-value-or-bracket neither a value nor the closing bracket
19 expected-comma-or-bracket neither a comma nor the closing bracket
20 include-extra-key an include directive with another key
21 include-not-string an include whose value is no string
22 include-loop a file that includes itself
23 include-unreadable an included file that cannot be read
24 pragma-extra-key a pragma directive with another key
25 pragma-not-object a pragma whose value is no object
26 unknown-pragma a pragma that the dialect does not have
27 pragma-not-bool a pragma that wants true or false
28 pragma-not-list a pragma that wants an array of strings
29 doc-opening a documentation block that opens with more than '##'
30 doc-closing a documentation block that closes with more than '##'
31 doc-unterminated a documentation block without its closing '##'
32 doc-no-space a comment line without a space after '#'
33 doc-symbol-colon a documented name that does not end with ':'
34 doc-empty-symbol a documented name that is empty
35 doc-empty-name a description of an empty name
36 doc-duplicate-name a name described twice
37 doc-late-description a description after another section
38 doc-duplicate-section a section that may stand only once
39 doc-empty-section a section without text
40 doc-free-form-name a description in a free-form block
41 doc-not-followed documentation that its definition does not follow
42 doc-free-form-first free-form documentation right before a definition
43 doc-second-features a second 'Features:' line
44 doc-no-features 'Features:' without descriptions
45 doc-indentation a line indented less than the section it belongs to
46 doc-obsolete-section a section that the dialect no longer has
47 doc-long-line a documentation line of more than 70 columns
48 doc-sentence-space one space between sentences
135 doc-heading a heading where the release has none
[HEAD]
49 no-kind not exactly one of the six kinds of definition
50 name-not-string a definition whose name is no string
51 bad-name a name that is not well formed, or reserved
52 optional-name a name with a star where none may be
53 event-name-case an event name that is not UPPER_CASE
54 command-name-case a command name that is not lower-case
55 type-name-case a type name that is not CamelCase
56 reserved-suffix a name with a reserved ending
57 missing-key a key that the definition must have
58 unknown-key a key that the definition cannot have
59 flag-not-false a flag that can only be false
60 flag-not-true a flag that can only be true
61 oob-coroutine both 'allow-oob' and 'coroutine'
64 doc-required a definition without documentation
65 doc-wrong-symbol documentation for another name
[BODY]
66 doc-returns-not-command 'Returns' for something that is no command
67 doc-returns-nothing 'Returns' for a command that returns nothing
68 doc-errors-not-command 'Errors' for something that is no command
69 enum-data an enum whose 'data' is no array
70 enum-prefix an enum whose 'prefix' is no string
71 enum-value-not-string an enum value that is no string
72 bad-enum-value an enum value that is not well formed
73 enum-value-case an enum value with upper case or '_'
74 bad-long-form an object in place of a name with wrong keys
75 data-type 'data' or 'base' of the wrong kind
76 bad-member-name a member name that is not well formed
77 member-name-case a member name with upper case or '_'
78 reserved-member-name a member name that is reserved
79 bad-type-reference a type that is neither a name nor an array
80 bad-array an array type that is not exactly one name
81 array-not-allowed an array type where only a name may stand
82 type-name-expected something else where a type name must stand
83 branches-not-object union or alternate 'data' that is no object
84 alternate-too-small an alternate with too few alternatives
85 bad-branch-name a branch name that is not well formed
86 branch-name-case a branch name with upper case or '_'
87 discriminator-not-string a discriminator that is no string
88 bad-discriminator a discriminator that is not well formed
89 simple-union-base a union with 'base' but no 'discriminator'
90 flat-union-base a union with 'discriminator' but no 'base'
91 union-empty a union without branches
92 boxed-without-data 'boxed' without 'data'
93 if-type an 'if' that is neither a string nor an object
94 if-name an 'if' that names no configuration symbol
95 if-unknown-key an 'if' object with an unknown key
96 if-key-count an 'if' object without exactly one key
97 if-not-list 'all' or 'any' without an array
98 if-empty 'all' or 'any' without conditions
134 if-too-deep an 'if' nested too deeply
99 features-not-list 'features' that is no array
100 bad-feature a feature that is not well formed
[DEFINE]
62 redefined a name defined twice
63 predefined a name that the language defines
[TYPES]
101 unknown-type a type that is not defined
102 wrong-kind-of-type a type that cannot be used in this place
103 base-not-struct a base that is no struct
105 discriminator-not-member a discriminator that is no member of the base
106 discriminator-not-enum a discriminator that is not of an enum type
107 discriminator-optional a discriminator that is optional
108 discriminator-conditional a discriminator that is conditional
109 branch-not-value a branch that is no value of the discriminator
110 missing-branch a discriminator value without a branch
111 no-branches a union whose discriminator has no values
112 branch-not-struct a branch that is neither struct nor union
113 alternative-type a type that an alternate cannot hold
114 ambiguous-alternative alternatives that look alike on the wire
120 command-data command 'data' that is neither struct nor union
121 command-union-not-boxed a union as 'data' of a command that is not boxed
122 command-conditional a conditional argument of a command that is not boxed
123 returns-type a return type that commands must not have
124 event-data event 'data' that is neither struct nor union
125 event-union-not-boxed a union as 'data' of an event that is not boxed
126 event-conditional a conditional datum of an event that is not boxed
[STRUCTURE]
104 contains-itself a type that contains itself
115 clash two names that become the same
116 upper-case-member upper case in a member or value
117 duplicate-feature a feature given twice
118 special-feature-on-type a special feature on a type
127 boxed-empty 'boxed' with a type that has no members
128 doc-missing-member a member without description
129 doc-missing-feature a feature without description
[DOCS]
130 doc-unknown-member a description of a member that does not exist
131 doc-unknown-feature a description of a feature that does not exist
[LIMITS]
119 too-many-features more features than a schema may have
[CONFIGURATION]
132 left-out-type a type that the configuration leaves out
133 emptied a union or alternate of which the configuration leaves nothing
[ADVICE]
1 pragma-unused-name a pragma that excuses what does not exist
2 doc-unindented-text text that no longer belongs to the section before it
3 doc-unknown-value a description of an enum value that does not exist
4 unguarded-type a conditional type used where its condition may not hold
5 plain-comments documentation in a release whose comments have no structure
"""

#: The rules of style, by slug: how documentation is laid out, whatever it says.
STYLE = frozenset({"doc-long-line", "doc-sentence-space"})

#: All codes, by slug.
CODES: dict[str, Code] = _table()


def find_code(name: str) -> Code | None:
    """The code with that number (``E101``, ``e101``, ``E0101``) or slug."""
    if name in CODES:
        return CODES[name]
    letter, digits = name[:1].upper(), name[1:]
    if letter not in "EW" or not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        return None
    wanted = f"{letter}{int(digits):03}"
    return next((code for code in CODES.values() if code.id == wanted), None)
