"""What moves a guest: the outgoing and the incoming side, as steps that are given the time."""
