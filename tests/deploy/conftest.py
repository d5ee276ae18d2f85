"""These tests need the extras `serve` and `mcp`, which `make test` installs; targets with other extras leave them out."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore_glob = [] if all(map(find_spec, ("starlette", "uvicorn", "openai", "mcp"))) else ["test_serve*.py"]
