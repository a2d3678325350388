"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from hub.settings import Settings

State = Annotated[
    Path | None,
    typer.Option("--state", help="Folder of the embedded database, landing and keys."),
]


def settings_for(state: Path | None, **overrides: object) -> Settings:
    """Read the settings; an option given wins over the environment."""
    given = {name: value for name, value in overrides.items() if value is not None}
    if state is not None:
        given["state_dir"] = state
    return Settings(**given)
