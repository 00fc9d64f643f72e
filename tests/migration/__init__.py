"""Tests of the reference backend of migration."""
