"""`python -m seekgraph`: the command line."""

from seekgraph.cli import main
from seekgraph.cli.common import look_here_last

look_here_last()
main()
