"""Tests of the functions on pages."""
