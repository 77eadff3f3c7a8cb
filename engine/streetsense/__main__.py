"""Run the command line as ``python -m streetsense``."""

from streetsense.cli import main

main()
