"""The command line: :mod:`.main` finds the verb, each verb has a file of its own."""
