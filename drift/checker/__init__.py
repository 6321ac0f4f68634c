"""The use case: declared groups against live ones."""
