"""`python -m moo_inference.cli`: the command line."""

from moo_inference.cli.app import main

main()
