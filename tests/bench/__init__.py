"""Measurements: ``python -m tests.bench [NAME...]`` prints tables and asserts nothing.

A bench is a module here with a function ``run()`` that gives a table or a list of tables, named in ``BENCHES`` of ``__main__``.
"""
