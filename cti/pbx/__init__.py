"""The embedded Asterisk: fetched without root, rendered from the house, supervised.

`apt`, `packages` and `installation` run before the virtual environment exists: standard library only.
"""
