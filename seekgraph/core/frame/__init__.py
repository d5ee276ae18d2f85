"""The state of a run under way: frames, and the operations that are run on them."""
