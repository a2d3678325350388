"""What every process of a hub opens first: its database.

A part of the composition root, which hands it the settings. It knows nothing of the gateway or of
pulls, so that a command that only reads the database need not load them.
"""

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

from hub.settings import Settings
from hub.store.database import migrate
from hub.store.embedded import embedded_postgres


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[str]:
    """Give the URL of a database at the newest schema: the operator's, or the embedded one."""
    with ExitStack() as stack:
        url = settings.database_url or stack.enter_context(embedded_postgres(settings.state_dir))
        await migrate(url)
        yield url
