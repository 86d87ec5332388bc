"""The composition root, the one clock reader, and the command line."""
