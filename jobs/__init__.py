"""Nightly jobs from raw cursor and viewport logs to published tables."""

__version__ = "0.1.0"
