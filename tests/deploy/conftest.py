"""These tests need the extra `serve`, which `make test` installs; the other targets, which have other extras, leave them out."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore_glob = [] if all(map(find_spec, ("starlette", "uvicorn", "openai"))) else ["test_serve*.py"]
