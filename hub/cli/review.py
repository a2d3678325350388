"""`hub review`: the review queue, for the operator of an agency's own hub.

A command speaks for a registered client: it may do what the client's roles allow, and a decision
names the client's organisation beside the author given.
"""

from dataclasses import asdict
from typing import Annotated

import typer

from federation.substances.candidates import Explanation
from hub.cli.desk import as_client
from hub.cli.options import ClientOption, Json, NamedAuthor, Reason, State
from hub.cli.printing import figure, print_json, print_lines, print_table, table
from hub.cli.pull_desk import with_pulls
from hub.curation.decisions import history as read_history
from hub.curation.models import Verdict
from hub.curation.queue import find_text, read_queue
from hub.curation.types import Decision, Ruling
from hub.errors import InvalidInput, NotFound
from hub.gateway.desks.review import ReviewDesk
from hub.identity.types import Caller
from hub.sync.pull import PullTools

app = typer.Typer(help="Names of substances left open, and decisions.", no_args_is_help=True)

Text = Annotated[str, typer.Argument(help="The ingredient text, to the letter.")]
OriginOption = Annotated[
    str | None, typer.Option("--origin", help="The member; the client's own when not given.")
]


@app.command(name="list")
def list_texts(
    client: ClientOption,
    origin: OriginOption = None,
    first: Annotated[int, typer.Option("--first", help="How many texts.")] = 20,
    after: Annotated[str | None, typer.Option("--after", help="Read on from here.")] = None,
    *,
    json: Json = False,
    state: State = None,
) -> None:
    """List the texts that hold back most records.

    Example: hub review list --client kr-mfds
    """
    page = as_client(
        state,
        client,
        None,
        lambda connection, caller: read_queue(
            connection, caller, origin=origin, first=first, after=after
        ),
    )
    if json:
        print_json(*(asdict(each) | {"cursor": each.cursor} for each in page.texts))
        return
    shown = table(figure("held back"), "origin", "text", "feeds", "such as")
    for each in page.texts:
        named = each.text + (" (ambiguous)" if each.is_ambiguous else "")
        feeds = ", ".join(each.feeds)
        shown.add_row(f"{each.held_back:,}", each.origin, named, feeds, each.keys[0])
    print_table(
        shown,
        none="no text is left open: `hub review history` shows what was decided, `hub status` what "
        "was pulled",
    )
    if page.has_next:
        print(f"more with --after {page.texts[-1].cursor}")


@app.command()
def candidates(
    text: Text,
    client: ClientOption,
    origin: OriginOption = None,
    *,
    json: Json = False,
    state: State = None,
) -> None:
    """Say what a text may mean, and why the resolver would not say so.

    Example: hub review candidates "Meropenem Dried Sodium Carbonate" --client kr-mfds
    """

    async def explain(tools: PullTools, caller: Caller) -> Explanation:
        member = origin or caller.member
        async with tools.pool.connection() as connection:
            queued = await find_text(connection, caller, member, text)
        if queued is None:
            raise NotFound(
                f"no current ingredient of {member} has the text `{text}`: copy it from "
                "`hub review list`"
            )
        return await _desk(tools).explain(queued)

    explanation = with_pulls(state, client, None, explain)
    if json:
        steps, found = explanation.resolution.steps, explanation.candidates
        print_json({"text": text, "steps": list(map(str, steps)), "candidates": found})
        return
    for step in explanation.resolution.steps:
        print(step)
    shown = table("inn", "unii", "method", "confidence", "reasons")
    for each in explanation.candidates:
        reasons = "\n".join(each.reasons)
        shown.add_row(each.inn, each.unii, each.method, f"{each.confidence:.3f}", reasons)
    print_table(
        shown,
        none="the register has no substance like it: `hub review decide` takes any INN, or "
        "`--no-substance`",
    )


@app.command()
def decide(
    text: Text,
    *,
    client: ClientOption,
    author: NamedAuthor,
    reason: Reason,
    inn: Annotated[str | None, typer.Option("--inn", help="Of a substance.")] = None,
    no_substance: Annotated[
        bool, typer.Option("--no-substance", help="The text names none.")
    ] = False,
    supersedes: Annotated[
        int | None, typer.Option("--supersedes", help="The decision that stands now.")
    ] = None,
    origin: OriginOption = None,
    state: State = None,
) -> None:
    """Decide what a text means, in all records at once.

    Example: hub review decide "Meropenem Dried" --inn meropenem --client kr-mfds
    --author anna --reason "dried or not"
    """
    if (inn is None) is not no_substance:
        raise InvalidInput("decide for one: give --inn, or say --no-substance")
    verdict = Verdict.NO_SUBSTANCE if no_substance else Verdict.SUBSTANCE

    async def keep(tools: PullTools, caller: Caller) -> Decision:
        ruling = Ruling(origin or caller.member, text, verdict, inn, reason, supersedes)
        return await _desk(tools).decide(caller, ruling)

    print(_line(with_pulls(state, client, author, keep)))


@app.command()
def undo(
    decision: Annotated[int, typer.Argument(help="Its number, as the history has it.")],
    client: ClientOption,
    author: NamedAuthor,
    reason: Reason,
    state: State = None,
) -> None:
    """End a decision: what the resolver says holds again.

    Example: hub review undo 3 --client kr-mfds --author anna --reason "read wrongly"
    """

    async def keep(tools: PullTools, caller: Caller) -> Decision:
        return await _desk(tools).undo(caller, decision, reason)

    print(_line(with_pulls(state, client, author, keep)))


@app.command()
def history(
    client: ClientOption,
    text: Annotated[str | None, typer.Argument(help="Of this text alone.")] = None,
    origin: OriginOption = None,
    first: Annotated[int, typer.Option("--first", help="How many decisions.")] = 50,
    *,
    json: Json = False,
    state: State = None,
) -> None:
    """List decisions, the newest first, undone and superseded ones too.

    Example: hub review history --client kr-mfds --first 5
    """
    found = as_client(
        state,
        client,
        None,
        lambda connection, caller: read_history(
            connection, caller, origin=origin, text=text, first=first
        ),
    )
    if json:
        print_json(*found)
        return
    print_lines(
        map(_line, found),
        none="nothing was decided yet: `hub review list` shows what is open",
    )


def _desk(tools: PullTools) -> ReviewDesk:
    return ReviewDesk(tools.pool, tools.register)


def _line(decision: Decision) -> str:
    named = decision.inn or decision.verdict.lower().replace("_", " ")
    ended = f", until {decision.superseded_at:%Y-%m-%d %H:%M}" if decision.superseded_at else ""
    return (
        f"{decision.id}: {decision.origin} `{decision.native_text}` is {named}, "
        f"{decision.records:,} records; {decision.subject} of {decision.organisation}, "
        f"{decision.decided_at:%Y-%m-%d %H:%M}{ended}: {decision.reason}"
    )
