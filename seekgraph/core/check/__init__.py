"""Checking a flow before it runs: every read is written first, every loop is bounded, every path answers."""

from __future__ import annotations

from seekgraph.core.check.check import Finding as Finding
from seekgraph.core.check.check import check as check
from seekgraph.core.check.check import require as require
