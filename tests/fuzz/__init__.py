"""Mutated schemas through the compiler: ``python -m tests.fuzz`` runs as many as wanted."""
