"""Figures and the live picture, folded from outcomes."""
