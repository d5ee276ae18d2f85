"""The memo: finished steps kept, in memory or in a file, so that equal ones run once."""

from __future__ import annotations

from seekgraph.core.memo.memo import Found as Found
from seekgraph.core.memo.memo import Memo as Memo
from seekgraph.core.memo.memo import StepKey as StepKey
