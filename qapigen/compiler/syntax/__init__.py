"""What was written: text to trees, includes followed.  Only this room knows lark."""
