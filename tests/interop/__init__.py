"""Conversations with real programs: QEMU, its storage daemon, its guest agent."""
