"""What holds for the repository as a whole: floors, limits, names, what is shipped."""
