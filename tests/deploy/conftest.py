"""These tests need the extras `serve`, `mcp` and `otel`, which `make test` installs; targets with other extras leave them out."""

from __future__ import annotations

from importlib.util import find_spec

PACKAGES = ("starlette", "uvicorn", "openai", "mcp", "opentelemetry")

collect_ignore_glob = [] if all(map(find_spec, PACKAGES)) else ["test_serve*.py"]
