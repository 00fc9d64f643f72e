"""Schema to a Python package: types, visit functions, commands, events, introspection data."""
