"""`hub ask`: one question to the hub that runs, over HTTP, as any client asks it."""

import asyncio
import sys
from typing import Annotated

import orjson
import typer

from hub.address import public_address
from hub.cli.options import ClientOption, Json, PurposeOption, State, settings_for
from hub.cli.tokens import minted, purpose_named
from hub.errors import InvalidInput, MemberFault, Timeout, Unavailable
from hub.identity.types import Purpose
from hub.outbound import open_outbound
from hub.settings import Settings


def ask(
    question: Annotated[
        str, typer.Argument(help="GraphQL, or a name that `hub operations` lists.")
    ],
    client: ClientOption,
    purpose: PurposeOption,
    *,
    variables: Annotated[str, typer.Option(help="The question's variables, as JSON.")] = "{}",
    json: Json = False,
    state: State = None,
) -> None:
    """Ask the hub that runs a question, as one of its clients.

    Example: hub ask "{ me { member } }" --client us-fda --purpose shortage-response
    """
    name = "query" if "{" in question else "documentId"
    try:
        body = orjson.dumps({name: question, "variables": _read(variables)})
    except orjson.JSONEncodeError as error:
        raise InvalidInput("the question is not UTF-8: write it in UTF-8") from error
    found = asyncio.run(_ask(settings_for(state), client, purpose_named(purpose), body))
    print(orjson.dumps(found, option=0 if json else orjson.OPT_INDENT_2).decode())
    if "errors" in found:
        sys.exit(1)


def _read(variables: str) -> dict[str, object]:
    found = _object(variables)
    if found is None:
        raise InvalidInput("""`--variables` is no JSON object: write it as '{"name": "value"}'""")
    return found


def _object(text: str | bytes) -> dict[str, object] | None:
    """Read a JSON object; None where it is none."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


async def _ask(settings: Settings, client: str, purpose: Purpose, body: bytes) -> dict[str, object]:
    address = public_address(settings.public_url, settings.state_dir)
    token = await minted(settings, client, purpose)
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    async with open_outbound(allow_loopback=True) as outbound:
        try:
            answer = await outbound.post(f"{address}/graphql", headers, body)
        except (MemberFault, Timeout) as error:
            raise Unavailable(
                f"no hub answers at {address}: start one with `hub serve`, or name the state "
                "folder of the one that runs with --state",
                detail=error.detail,
            ) from error
    found = _object(answer.content)
    if found is None:
        raise Unavailable(
            f"what answers at {address} is no hub, or stands before one that is down: "
            f"its status is {answer.status}"
        )
    return found
