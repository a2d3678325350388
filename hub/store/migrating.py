"""How the schema comes to a revision, by Alembic, which takes long to load.

`database.py` says when: a process that finds nothing to do never loads this.
"""

from alembic import command
from alembic.config import Config

from hub.settings import ROOT


def upgrade(url: str, revision: str) -> None:
    """Run the migrations up to a revision; whoever calls sees to it that nobody else does."""
    command.upgrade(alembic_config(url), revision)


def alembic_config(url: str) -> Config:
    """Configure Alembic for a database."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["database_url"] = url
    return config
