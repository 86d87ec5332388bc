"""The voice logger: what is recorded, where it lies, and how it is repaired."""
