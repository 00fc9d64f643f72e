"""Tests of the simulated guest."""
