#!/usr/bin/env bash
# Python-Markdown 3.11.3, with which MkDocs makes its pages.
#
# Guess: what CommonMark and GitHub agree on holds there, too: two block quotes with an empty line
# between them are two, a backslash in front of any ASCII punctuation is not shown, and a fenced block may
# stand in a list item.
# Seen: adjacent quotes are joined to one; of "\<", "\|", "\$" and "\~" the backslash is shown; a
# fence within a list item is inline code, even with the extension fenced_code, as MkDocs has it.
#
# So pages that are to look the same in both put something between two notes, escape only what
# needs it, and keep examples out of lists (or ask for pymdownx.superfences).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install Markdown==3.11.3 commonmark==0.9.1
"$folder/venv/bin/python" - <<'PYTHON'
import commonmark
import markdown


def both(text):
    return markdown.markdown(text, extensions=["fenced_code"]), commonmark.commonmark(text)


mkdocs, common = both("> One note.\n\n> Another note.\n")
print("quotes:", mkdocs.count("<blockquote>"), "and", common.count("<blockquote>"))
assert (mkdocs.count("<blockquote>"), common.count("<blockquote>")) == (1, 2)

mkdocs, common = both(r"a \< b, c \| d, e \$ f, g \~ h")
print("backslashes:", mkdocs.count("\\"), "and", common.count("\\"))
assert (mkdocs.count("\\"), common.count("\\")) == (4, 0)

mkdocs, common = both("- An item:\n\n  ```text\n  -> { }\n  ```\n")
print("fences:", mkdocs.count("<pre>"), "and", common.count("<pre>"))
assert (mkdocs.count("<pre>"), common.count("<pre>")) == (0, 1)
print("as stated: three differences from CommonMark")
PYTHON
