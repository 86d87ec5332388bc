"""What is to be recorded. Pure."""
