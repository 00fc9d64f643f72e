"""Schema to Markdown: a reference page per module, and an index.

Text of documentation comments goes the same way in all dialects: a parser (:mod:`.rst`,
:mod:`.classic`) makes :mod:`.blocks` of it, :mod:`.writer` prints those.  Only the writer makes
Markdown of foreign text, so only it has to know what to escape.
"""
