"""Temporary door: the code moves here from seekflow/tools/fusion.py."""

from seekflow.tools.fusion import *  # noqa: F403
