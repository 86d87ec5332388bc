"""Figures folded from outcomes. Pure."""
