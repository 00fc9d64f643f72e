#!/usr/bin/env bash
# docstring-to-markdown 0.17, which Python language servers use for the text that editors show.
#
# Guess: a fenced block is shown as it is, whatever stands elsewhere in the docstring.
# Seen: once a label such as "Example:" ends some line, the whole text is taken for Google style.
# Then a later line that merely begins with that word, and goes on, becomes a heading, and the fenced
# block behind it becomes list items, its fences and braces in pieces.
#
# So generated docstrings should put a label at the end of a line without its colon, or never.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install docstring-to-markdown==0.17
"$folder/venv/bin/python" - <<'PYTHON'
from docstring_to_markdown import convert

FENCED = '```text\n-> { "a": 1 }\n```'
text = f"What it does.\n\nExample:\n\nA text.\n\nExample: of this kind\n\n{FENCED}\n"
shown = convert(text)
print(shown)
assert "#### Example: of this kind" in shown, "the second label is no heading"
assert FENCED not in shown and '- `-> { "a"`: 1 }' in shown, "the block is whole"

# Without the colon at the end of the line there is nothing that looks like Google style, and
# nothing is converted at all.
try:
    convert(text.replace("Example:\n", "Example\n"))
except Exception as error:
    assert type(error).__name__ == "UnknownFormatError", error
else:
    raise AssertionError("the text without a label was converted")
print("as stated: a fenced block is taken apart behind a label")
PYTHON
