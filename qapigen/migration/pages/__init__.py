"""What can be said of guest pages: pure functions of arrays, no stream and no guest."""
