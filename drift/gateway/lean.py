"""httpx without its own command line, which brings click, rich and pygments: two thirds of the import's time.

Everything in this package takes httpx from here. If it was imported before, it is used as it is.
"""

from drift.lean import without

with without("httpx._main"):
    import httpx

__all__ = ["httpx"]
