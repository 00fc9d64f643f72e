"""What a QMP server answers to which bytes: tables, and the client that holds them against one.

The tables are true: the tests of ``tests/interop`` hold them against QEMU itself.
"""
