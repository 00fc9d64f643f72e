"""The tests: folders mirror the packages; ``house`` looks at the repository as a whole."""
