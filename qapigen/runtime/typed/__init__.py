"""What generated clients are made of: typed commands and events over a connection."""
