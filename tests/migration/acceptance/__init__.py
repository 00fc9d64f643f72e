"""Whole migrations: over real connections, in processes, and when things go wrong."""
