"""`python -m antechamber`: the command line."""

from antechamber.cli import main

main()
