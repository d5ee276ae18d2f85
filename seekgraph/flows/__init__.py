"""Ready-made flows, one file each."""
