"""Plans as text, one module a format."""
