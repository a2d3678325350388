"""`python -m hub` is the command `hub`.

What modules make when they are imported lives as long as the process: looking for garbage among it
would find none. So nobody looks before the command is loaded, in `hub/cli/contents.py`.
"""

import gc

gc.disable()
from hub.cli import main  # noqa: E402 - this takes long

if __name__ == "__main__":
    main()
