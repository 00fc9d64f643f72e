"""Facts computed from a schema: pure functions of the IR, in any order."""
