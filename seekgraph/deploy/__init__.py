"""Ways to put a compiled flow to work."""
