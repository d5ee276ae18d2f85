"""`seekgraph mcp`: a flow as a tool of an assistant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seekgraph.cli.common import Misuse, find_flow
from seekgraph.cli.output import say
from seekgraph.cli.serving import LOOPBACK

if TYPE_CHECKING:
    from seekgraph.cli.options import Documents, Running


def mcp_command(name: str, documents: Documents, running: Running, http: bool, host: str, port: int, parallel: int) -> None:
    """Serve a flow to an assistant, over stdio or HTTP, until it is told to stop."""
    from seekgraph.deploy.mcp import server

    if http and host not in LOOPBACK:
        raise Misuse(f"--host {host}: over HTTP everybody who reaches the address may ask, so it is this machine's alone")
    bound = running.bind(find_flow(name), documents)
    made = server(bound, budget=running.budget, parallel=parallel)
    if http:
        say(f"serving {bound.flow.name or name} at http://{host}:{port}/mcp; Ctrl-C stops it")
        made.run("streamable-http", host=host, port=port, stateless_http=True)
    else:
        made.run("stdio")
