"""Channels: over every transport, with and without encryption."""
