"""`python -m seekflow`: the command line."""

from seekflow.cli import main

main()
