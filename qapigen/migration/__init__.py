"""The reference backend of migration: a simulated guest that really moves."""
