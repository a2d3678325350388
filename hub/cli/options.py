"""What commands are told: options that several share, each declared once, and the settings.

An option of one command alone stands with that command. What is opened by these settings is
`desk.py`'s matter.
"""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

from hub.errors import InvalidInput
from hub.settings import Settings

State = Annotated[
    Path | None,
    typer.Option("--state", help="Folder of the embedded database, landing and keys."),
]
Json = Annotated[bool, typer.Option("--json", help="For programs: one JSON object a line.")]
ClientOption = Annotated[
    str, typer.Option("--client", help="The client you speak for, such as `kr-mfds`.")
]
PurposeOption = Annotated[
    str, typer.Option("--purpose", help="What for, such as `shortage-response`.")
]
Author = Annotated[
    str | None, typer.Option("--author", help="Who decides, as the record shall say.")
]
NamedAuthor = Annotated[str, typer.Option("--author", help="Who decides, as the record shall say.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the decision.")]
FeedId = Annotated[str, typer.Argument(help="A feed's id, such as `kr.mfds_permits`.")]
SomeFeed = Annotated[str | None, typer.Argument(help="A feed's id; all feeds when none.")]


def settings_for(state: Path | None) -> Settings:
    """Read the settings; a state folder given on the command line wins over the environment.

    Raises:
        InvalidInput: one can't be used. Its value is not told, for it may be a secret.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        [first, *_] = error.errors()
        name = "_".join(["HUB", *map(str, first["loc"][:1])]).upper()
        raise InvalidInput(
            f"`{name}` can't be used: {first['msg'].lower()}; docs/settings.md says what it takes"
        ) from error
    except SettingsError as error:
        raise InvalidInput(f"a setting is no JSON: {error}: write it as JSON") from error
    return settings if state is None else settings.model_copy(update={"state_dir": state})


def text_of(file: Path) -> str:
    """Read a text file that was named on the command line, with or without a byte order mark.

    Raises:
        InvalidInput: it can't be read, or is not UTF-8.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InvalidInput(f"can't read `{file}`, {reason}: name a text file") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"can't read `{file}`, it is not UTF-8: save it as UTF-8") from error
