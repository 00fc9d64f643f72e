"""Schema to Markdown: a reference page per module, and an index."""
