"""`hub policy plan`: what a draft would change, on the live data and in the last questions.

`hub/gateway/preview/` works it out; here a draft is admitted as it would be, and the effects are
printed. No running hub is asked, and nothing is kept. Start reading at `plan`.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.agreements.in_force import AdmittedSet, id_in_force, load
from hub.agreements.modes import mode_in_force
from hub.cli.options import Json, State, settings_for
from hub.cli.printing import print_json
from hub.errors import InvalidInput
from hub.gateway.preview.effects import (
    Effect,
    GroupEffect,
    Preview,
    Tally,
    check_may_preview,
    preview,
)
from hub.gateway.preview.replay import FieldEffect, QuestionEffect, Replay, replay
from hub.gateway.schema import build_schema
from hub.identity.own_issuer.clients import find
from hub.identity.types import Caller, Purpose
from hub.opening import open_database
from hub.policy.admission import admit
from hub.policy.audiences import Audience
from hub.policy.check import failing_examples
from hub.policy.comparison import News
from hub.policy.engine import PolicyEngine
from hub.policy.findings import Finding, PolicyFault
from hub.policy.folder import read_agreement, read_folder
from hub.policy.policy_set import PolicySet
from hub.policy.principals import Mode
from hub.policy.schema import Level
from hub.settings import Settings
from hub.store.database import reading_pool

_NONE_YET = AdmittedSet("", frozenset(), PolicySet((), ()))


def plan(
    draft: Annotated[Path, typer.Argument(help="An agreement's file, or a policy folder.")],
    *,
    client: Annotated[
        str, typer.Option("--client", help="Who asks: the secretariat, or the owner's client.")
    ] = "secretariat",
    days: Annotated[
        int | None, typer.Option("--days", help="Ask the questions of so many days again.")
    ] = None,
    mode: Annotated[Mode | None, typer.Option("--mode", help="The one in force if none.")] = None,
    at: Annotated[
        datetime | None,
        typer.Option("--at", help="For that day in UTC; today, or the draft's first day, if none."),
    ] = None,
    json: Json = False,
    state: State = None,
) -> None:
    """Show what a draft would change on the live data, in records and values.

    Example: hub policy plan jp-lists.yaml --days 30
    """
    wanted = _Wanted(draft, client, days, mode, at.replace(tzinfo=UTC) if at else None)
    shown, failing, again = asyncio.run(_plan(settings_for(state), wanted))
    if json:
        print_json(_document(shown, failing, again))
        return
    for line in (*_preview_lines(shown), *(_replay_lines(again, days) if again else ())):
        print(line)
    for finding in failing:
        print(f"its approval would be refused: {finding}")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What to plan, for whom and when."""

    draft: Path
    client: str
    days: int | None
    mode: Mode | None
    at: datetime | None


async def _plan(
    settings: Settings, wanted: _Wanted
) -> tuple[Preview, list[Finding], Replay | None]:
    async with (
        open_database(settings) as url,
        reading_pool(url) as pool,
        pool.connection() as connection,
    ):
        caller = (await find(connection, wanted.client)).asking(Purpose.SUPPLY_MAPPING)
        set_id = await id_in_force(connection)
        current = _NONE_YET if set_id is None else await load(connection, set_id)
        mode = wanted.mode or (await mode_in_force(connection)).mode
        draft, changed, starts_at = _draft(wanted.draft, current, caller)
        sets = current.policy_set, draft
        failing = failing_examples(draft, current.policy_set, changed)
        at = wanted.at or max(datetime.now(UTC), starts_at)
        previewer = PolicyEngine(current.policy_set, mode=mode).decide(caller)
        shown = await preview(connection, *sets, previewer, mode=mode, at=at)
        if wanted.days is None:
            return shown, failing, None
        schema = build_schema()._schema  # noqa: SLF001 - Strawberry's own way to graphql-core's
        again = await replay(
            connection, *sets, previewer, mode=mode, at=at, days=wanted.days, schema=schema
        )
        return shown, failing, again


def _draft(
    path: Path, current: AdmittedSet, caller: Caller
) -> tuple[PolicySet, list[str], datetime]:
    """Admit the set as it would be; say which agreements change, and when what is new starts."""
    if path.is_dir():
        found = read_folder(path)
        if found.findings:
            raise PolicyFault(found.findings)
        baseline, agreements = found.baseline, found.agreements
        starts_at = datetime.now(UTC)
    elif path.is_file():
        agreement = read_agreement(path)
        others = (each for each in current.policy_set.agreements if each.id != agreement.id)
        baseline, agreements = current.baseline, (*others, agreement)
        starts_at = agreement.starts_at
    else:
        raise InvalidInput(f"`{path}` is not there: name an agreement's file or a policy folder")
    before = {each.id: each for each in current.policy_set.agreements}
    after = {each.id: each for each in agreements}
    changed = [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]
    owners = {each[name].owner for name in changed for each in (before, after) if name in each}
    for owner in sorted(owners):
        check_may_preview(caller, owner)
    if baseline != current.baseline:
        check_may_preview(caller, "the alliance")
    return admit(baseline, agreements), changed, starts_at


def _document(shown: Preview, failing: Sequence[Finding], again: Replay | None) -> dict[str, Any]:
    return {
        "current_digest": shown.current_digest,
        "draft_digest": shown.draft_digest,
        "mode": shown.mode,
        "at": shown.at,
        "is_whole": shown.is_whole,
        "effects": [_effect_document(each) for each in shown.effects],
        "news": shown.news.news,
        "other_modes": shown.other_modes,
        "failing_examples": list(map(str, failing)),
        "questions": again,
    }


def _effect_document(effect: Effect) -> dict[str, Any]:
    return {
        "record_type": effect.record_type,
        "origin": effect.origin,
        "audiences": effect.audiences,
        "groups": [
            {
                "group": each.change.group,
                "level": each.change.level,
                "limit": each.change.limit,
                "gained": each.gained,
                "lost": each.lost,
            }
            for each in effect.groups
        ],
    }


def _preview_lines(shown: Preview) -> Iterator[str]:
    yield (
        f"against the set in force, {shown.current_digest[:12]}, in {shown.mode} mode, "
        f"on {shown.at:%Y-%m-%d}"
    )
    for effect in shown.effects:
        yield from _effect_lines(effect)
    if not shown.effects:
        yield "nothing changes for anybody"
    if not shown.is_whole:
        yield "counted are the records that you may see"
    if shown.other_modes:
        modes = " and ".join(shown.other_modes)
        yield f"something changes in {modes} mode too: see it with --mode"
    yield _news_line(shown)


def _news_line(shown: Preview) -> str:
    if shown.news.news is News.NOTHING_NEW:
        return "nothing is allowed that was refused before"
    if shown.news.news is News.UNKNOWN:
        return "whether anything is allowed that was refused before can't be told from the policies"
    example = f", such as where {shown.news.words}" if shown.news.words else ""
    return f"this allows what was refused before{example}"


def _effect_lines(effect: Effect) -> Iterator[str]:
    yield f"{effect.record_type} of {effect.origin}"
    for audience in effect.audiences:
        yield f"  to {_audience(audience)}"
    for group in effect.groups:
        yield f"    {_what(group):24} {_tally('+', group.gained)} {_tally('-', group.lost)}"


def _audience(audience: Audience) -> str:
    purposes = "any purpose" if set(audience.purposes) == set(Purpose) else audience.purposes
    words = [
        audience.member,
        f"({audience.organisation})" if audience.organisation else "",
        " or ".join(audience.roles),
        "with a bound token" if audience.is_sender_constrained else "",
        f"for {purposes if isinstance(purposes, str) else ' or '.join(purposes)}",
    ]
    return " ".join(word for word in words if word)


def _what(group: GroupEffect) -> str:
    change = group.change
    match change.level:
        case Level.READ:
            return change.group
        case Level.ROUND:
            return f"{change.group} to {change.limit}"
    return f"{change.group} in cells of {change.limit}"


def _tally(sign: str, tally: Tally) -> str:
    keys = f" such as {', '.join(tally.keys)}" if tally.keys else ""
    return f"{sign}{tally.rows:,} records, {sign}{tally.values:,} values{keys}"


def _replay_lines(again: Replay, days: int | None) -> Iterator[str]:
    yield (
        f"questions of the last {days} days: {again.asked:,}, of which {len(again.effects):,} get "
        f"another answer, {again.unaffected:,} the same, {again.failed:,} none, and "
        f"{again.left_out:,} were not asked again"
    )
    for effect in again.effects:
        yield _question_line(effect)
        for field in effect.fields:
            yield f"    {_field_line(field)}"


def _question_line(effect: QuestionEffect) -> str:
    return (
        f"  {effect.client} for {effect.purpose}, {effect.times:,} times, last "
        f"{effect.last_at:%Y-%m-%d}: question {effect.digest[:12]}"
    )


def _field_line(field: FieldEffect) -> str:
    parts = [
        f"{field.path}: +{field.rows_gained:,} -{field.rows_lost:,} records",
        f"+{field.values_gained:,} -{field.values_lost:,} values",
        f"{field.values_changed:,} shown otherwise" if field.values_changed else "",
        f"{field.total_before:,} to {field.total_after:,} in all"
        if field.total_before is not None and field.total_after is not None
        else "",
        f"masked anew: {', '.join(field.masked_anew)}" if field.masked_anew else "",
        f"no longer masked: {', '.join(field.unmasked)}" if field.unmasked else "",
    ]
    return ", ".join(part for part in parts if part)
