"""`python -m seekgraph`: the command line."""

from seekgraph.cli import main

main()
