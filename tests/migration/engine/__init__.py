"""Tests of what moves a guest."""
