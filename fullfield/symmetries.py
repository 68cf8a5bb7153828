"""Symmetries that the law of square images may have; names that no library need be imported for."""

ROLL, FLIP, ROTATE = SYMMETRIES = ("roll", "flip", "rotate")
"""Periodic shifts; mirror images along either axis; quarter turns."""
