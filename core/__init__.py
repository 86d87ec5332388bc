"""The words everybody shares. Pure: no clock, no I/O, no randomness."""
