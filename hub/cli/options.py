"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from hub.settings import Settings

State = Annotated[
    Path | None,
    typer.Option("--state", help="Folder of the embedded database, landing and keys."),
]


def settings_for(state: Path | None) -> Settings:
    """Read the settings; a state folder given on the command line wins over the environment."""
    settings = Settings()
    return settings if state is None else settings.model_copy(update={"state_dir": state})
