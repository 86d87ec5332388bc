"""The menu as a pure step function."""
