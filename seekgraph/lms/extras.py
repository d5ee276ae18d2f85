"""What a model needs that only an extra brings; see `core.base.extras`."""

from __future__ import annotations

from seekgraph.core.base.extras import MissingExtra as MissingExtra
from seekgraph.core.base.extras import need as need
