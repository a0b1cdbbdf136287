"""Carry out SELECT: check it, find the series, aggregate, fill, and lay out the rows."""
