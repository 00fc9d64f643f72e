"""Checks, as tables by diagnostic code.  :mod:`.cases` says how a case is written."""
