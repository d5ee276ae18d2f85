"""Compiling: passes over the params of a flow."""
