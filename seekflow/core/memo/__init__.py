"""The memo: finished steps kept, in memory or in a file, so that equal ones run once."""

from __future__ import annotations

from seekflow.core.memo.memo import Found as Found
from seekflow.core.memo.memo import Memo as Memo
from seekflow.core.memo.memo import StepKey as StepKey
