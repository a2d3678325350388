"""`python -m hub` is the command `hub`.

What modules make when they are imported lives as long as the process: looking for garbage among it
would find none.
"""

import gc

gc.disable()
from hub.cli import main  # noqa: E402 - this is what takes long

gc.freeze()
gc.enable()

if __name__ == "__main__":
    main()
