"""Tests of the Python backend: its output read as text, checked by tools, imported and run."""
