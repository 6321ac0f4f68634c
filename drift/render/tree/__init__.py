"""Trees as text, one module a format."""
