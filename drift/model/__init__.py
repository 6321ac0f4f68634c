"""Groups and their limits as plain values: the forest that they form, and what a reading of one is."""
