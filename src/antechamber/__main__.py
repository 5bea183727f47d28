"""`antechamber` and `python -m antechamber`: the command line."""

from __future__ import annotations

import atexit
import gc
import logging
import os
import sys
import threading
from typing import NoReturn


def main() -> NoReturn:
    """Load the command line, run it and end the process."""
    # What is loaded stays to the end. To look for garbage among it, over and over, takes a tenth of the start.
    gc.disable()
    # NumPy's algebra is not used; its threads would wait for work by spinning.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from antechamber.cli import main as run

    gc.freeze()
    gc.enable()
    try:
        run()
    except SystemExit as ended:
        _end(ended.code)


def _end(code: object) -> NoReturn:
    """End as `sys.exit` does, but leave the taking apart of some thousand modules (0.3 s) to the operating system."""
    if not isinstance(code, int):
        sys.exit(code if isinstance(code, str) else None)
    # As the interpreter itself does: threads of pools are told to stop and waited for, then come the exit functions.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    logging.shutdown()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        os._exit(code or 1)
    os._exit(code)


if __name__ == "__main__":
    main()
