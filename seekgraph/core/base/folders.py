"""Where things are kept between processes."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def user_cache() -> Path:
    """The user's cache folder for Seekgraph, which may not exist yet: `$XDG_CACHE_HOME/seekgraph` or `~/.cache/seekgraph`, and
    where macOS and Windows have such folders there."""
    if sys.platform == "darwin":
        cache = Path.home() / "Library" / "Caches"
    elif sys.platform == "win32":
        cache = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "seekgraph"
