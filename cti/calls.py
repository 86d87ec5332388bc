"""The table of legs. Pure."""
