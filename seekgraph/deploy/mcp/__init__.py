"""A flow as a tool of an assistant: an MCP server over stdio or HTTP."""

from __future__ import annotations

from seekgraph.deploy.mcp.server import server as server
