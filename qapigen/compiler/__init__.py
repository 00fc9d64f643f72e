"""Schema text in, files out: the compiler.  Start reading at :mod:`.pipeline`."""
