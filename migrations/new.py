"""Writes the migration that the declared tables need: `python -m migrations.new "what changes"`.

Made against an empty database of its own. Read what it wrote: a column that is never null wants a
value for the rows there are.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory

from hub.store.embedded import embedded_postgres
from hub.store.migrating import alembic_config


def main(message: str) -> None:
    with tempfile.TemporaryDirectory() as state, embedded_postgres(Path(state)) as url:
        config = alembic_config(url)
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        newest = ScriptDirectory.from_config(config).get_current_head()
        command.upgrade(config, "head")
        number = f"{int(newest or 0) + 1:04}"
        command.revision(config, message, autogenerate=True, rev_id=number)


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
