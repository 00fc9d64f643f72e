"""Texts of documentation comments, as all backends read them and print them as Markdown.

Text goes the same way in all dialects: a parser (:mod:`.rst`, :mod:`.classic`) makes :mod:`.blocks`
of it, :mod:`.writer` prints those.  Only the writer makes Markdown of foreign text, so only it has
to know what to escape.
"""
