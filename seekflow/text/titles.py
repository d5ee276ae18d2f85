"""Temporary door: the code moves here from seekflow/tools/titles.py."""

from seekflow.tools.titles import *  # noqa: F403
