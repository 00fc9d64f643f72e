"""QMP connections without the connections: bytes in, values and bytes out.

In: what comes over a connection.  Out: commands to run, replies, bytes to send.
Must not know: sockets, event loops, threads.
"""
