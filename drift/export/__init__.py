"""Live groups to desired files: new ones written, existing ones edited in place, and the result proven by a check."""
