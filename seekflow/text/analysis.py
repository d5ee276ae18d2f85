"""Temporary door: the code moves here from seekflow/tools/analysis.py."""

from seekflow.tools.analysis import *  # noqa: F403
