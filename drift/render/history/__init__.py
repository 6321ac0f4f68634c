"""Histories as text, one module a format."""
