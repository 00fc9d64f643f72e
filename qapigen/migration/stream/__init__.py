"""The bytes of a migration: builders and readers without any I/O."""
