"""The nodes that ship with Seekflow, one file a kind."""
