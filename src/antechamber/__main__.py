"""`antechamber` and `python -m antechamber`: the command line."""

from __future__ import annotations

import gc
from typing import NoReturn


def main() -> NoReturn:
    """Load the command line and run it."""
    # What is loaded stays to the end. To look for garbage among it, over and over, takes a tenth of the start.
    gc.disable()
    from antechamber.cli import main as run

    gc.freeze()
    gc.enable()
    run()


if __name__ == "__main__":
    main()
