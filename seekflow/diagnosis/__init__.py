"""What goes wrong in a flow, and where."""
