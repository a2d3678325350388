"""Operations that were asked before, planned once for all values of their variables.

A `HotOperation` is made of an operation that graphql-core answered without an error. It is planned
with slots for the values of variables, and holds for one document and operation, one form of
variables, what its plan was told of their values, and one caller's decisions: that is its key.
Start at `HotOperations`.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import orjson
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationType,
    get_operation_ast,
)
from graphql.execution.collect_fields import collect_fields
from graphql.execution.executor import Executor
from graphql.execution.values import VariableValues
from psycopg import DataError
from psycopg.adapt import PyFormat, Transformer

from hub.errors import HubError
from hub.gateway.execution.freshness import types_of
from hub.gateway.execution.roots import plan_roots
from hub.gateway.hot.showing import Showing
from hub.gateway.hot.variables import Read, Unusual, VariableReader
from hub.gateway.planning.plan import Decisions, Plan
from hub.gateway.planning.selection import AnyExecutor
from hub.gateway.planning.slots import LookedAt, Slots, Step, place_of
from hub.gateway.planning.statement import Mask
from hub.gateway.questions.parsed import Documents, Refused
from hub.gateway.questions.question import Question
from hub.gateway.recent import Recent
from hub.gateway.search.plan import SEARCH
from hub.identity.types import Caller
from hub.store.line import Values

MAX_DOCUMENTS = 500
MAX_OPERATIONS = 1_000
MAX_OUTCOMES = 50
MAX_FORMS = 50
"""Most forms of one operation's variables that are told apart."""

Plans = Mapping[str, Plan | None]
"""What answers each field at the root, by response name; None for a field that is null."""


@dataclass(frozen=True, slots=True)
class HotField:
    """A field at the root: its response name as it stands in the answer, and what answers it.

    `statements` are tried one after another. Of `bound` a number is the place of a value.
    """

    name: bytes
    plan: Plan | None
    statements: tuple[bytes, ...] = ()
    bound: tuple[bytes | int | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What rows mean by their mask bits, and `extensions.policy` that says so.

    `entries` are the beginnings of the disclosure entries that say so of a caller.
    """

    masked: list[Mask]
    opened_by: set[str]
    policy: bytes
    entries: Recent[Caller, bytes] = field(default_factory=lambda: Recent(MAX_OUTCOMES))


Row = Sequence[bytes] | None
"""What a plan's statement returns, as PostgreSQL writes it: see `Plan`."""


@dataclass(frozen=True, slots=True, eq=False)
class HotOperation:
    """All that answers an operation whose plans hold for any values of the same kind.

    `types` are the record types that it reads; `showing` tells what tallies of its rows mean.
    """

    fields: tuple[HotField, ...]
    steps: tuple[Step, ...]
    cost: int
    types: frozenset[str]
    showing: Showing
    outcomes: Recent[Hashable, Outcome] = field(default_factory=lambda: Recent(MAX_OUTCOMES))

    def bind(self, values: Sequence[object]) -> list[Values]:
        """Give what each field's statements bind.

        Raises:
            HubError: a value can't be what it stands for.
            Unusual: it is none that PostgreSQL can hold.
        """
        made = [*values]
        for place, make in self.steps:
            made.append(make(made[place]))
        return [
            [_written(made[each]) if isinstance(each, int) else each for each in one.bound]
            for one in self.fields
        ]


@dataclass(slots=True, eq=False)
class HotDocument:
    """An operation of a document, and how its variables are read.

    `told` are the questions that plans asked of values, for each form of the variables.
    """

    node: DocumentNode
    reader: VariableReader
    told: Recent[Hashable, tuple[Step, ...]] = field(default_factory=lambda: Recent(MAX_FORMS))


class HotQuestion(NamedTuple):
    """A question of a known document: its variables, and its operation's key but for who asks."""

    document: HotDocument
    read: Read
    form: Hashable
    key: Hashable


class HotOperations:
    """Keeps the operations asked last. Not for threads: one event loop owns it."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._parsed = Documents(schema)
        self._documents = Recent[Hashable, HotDocument](MAX_DOCUMENTS)
        self._operations = Recent[Hashable, HotOperation](MAX_OPERATIONS)
        self._missed = Recent[Hashable, bool](MAX_OPERATIONS)

    def read(self, question: Question) -> HotQuestion | None:
        """Read a question; None where its document is not known.

        Raises:
            Unusual: its variables must be read by graphql-core.
            HubError: one can't be what it stands for.
        """
        document = self._documents.find((question.document, question.operation))
        return _read(document, question) if document else None

    def find(self, question: HotQuestion, decisions: Decisions) -> HotOperation | None:
        """Find an operation as it is planned for a caller."""
        return self._operations.find(_key(question, decisions))

    def drop(self, question: HotQuestion, decisions: Decisions) -> None:
        """Forget an operation that failed, so that it is tried no more for now."""
        self._operations.drop(_key(question, decisions))

    def learn(self, question: Question, decisions: Decisions) -> None:
        """Plan an operation that was answered without an error, from the second time on.

        What is asked once is not worth it: a value on which its plan hangs may never come again.
        """
        try:
            known = self.read(question)
            missed = _key(known, decisions) if known else (question.document, question.operation)
            is_vain = self._missed.find(missed)
            self._missed.keep(missed, is_vain is not None)
            if is_vain is not False:
                return
            document = known.document if known else self._document(question)
            self._plan(question, document, decisions)
        except (Unusual, Refused, HubError, GraphQLError):
            return
        self._missed.drop(missed)

    def _document(self, question: Question) -> HotDocument:
        node = self._parsed.read(question.document)
        operation = get_operation_ast(node, question.operation)
        if operation is None or operation.operation is not OperationType.QUERY:
            raise Unusual
        document = HotDocument(node, VariableReader(self._schema, operation))
        self._documents.keep((question.document, question.operation), document)
        return document

    def _plan(self, question: Question, document: HotDocument, decisions: Decisions) -> None:
        """Plan with slots, with the values themselves where a plan hangs on them."""
        variables = question.variables or {}
        executor = self._executor(document, question)
        known = executor.variable_values
        plain = _plans(executor, decisions)
        read = document.reader.read(variables)
        form = tuple(read.form)
        told = document.told.find(form) or ()
        fixed = {place for place, tell in told if tell is repr}
        while True:
            slots = Slots(read.values)
            stand_ins = [
                value if place in fixed else slots.slot(place)
                for place, value in enumerate(read.values)
            ]
            executor = self._executor(document, question)
            slotted = document.reader.slotted(known.coerced, variables, iter(stand_ins))
            executor.variable_values = VariableValues(known.sources, slotted)
            try:
                fields = _fields(_plans(executor, decisions), plain, slots)
                break
            except LookedAt as looked:
                fixed.add(looked.place)
        told = tuple(dict.fromkeys([*told, *slots.told, *((place, repr) for place in fixed)]))
        document.told.keep(form, told)
        planned = [field.plan for field in fields if field.plan]
        cost = sum(plan.cost for plan in planned)
        showing = Showing([tally for plan in planned for tally in plan.shows])
        operation = HotOperation(fields, tuple(slots.steps), cost, types_of(plain), showing)
        self._operations.keep(_key(_read(document, question), decisions), operation)

    def _executor(self, document: HotDocument, question: Question) -> AnyExecutor:
        built = Executor.build(
            self._schema,
            document.node,
            None,
            None,
            question.variables,
            question.operation,
            hide_suggestions=True,
        )
        if isinstance(built, list):
            raise Unusual
        return built


def _read(document: HotDocument, question: Question) -> HotQuestion:
    read = document.reader.read(question.variables or {})
    form = tuple(read.form)
    told = tuple([tell(read.values[place]) for place, tell in document.told.find(form) or ()])
    return HotQuestion(document, read, form, (document, form, tuple(read.parts), told))


def _key(question: HotQuestion, decisions: Decisions) -> Hashable:
    return question.key, decisions.digest, decisions.class_key


def _plans(executor: AnyExecutor, decisions: Decisions) -> Plans:
    """Plan all fields at the root, if all are of records."""
    query = executor.schema.query_type
    if query is None:
        raise Unusual
    fields = collect_fields(
        executor.schema,
        executor.fragments,
        executor.variable_values,
        query,
        executor.operation,
        hide_suggestions=True,
    ).grouped_field_set
    # Words are found by indexes that the planner is told to leave out for all others.
    if any(details[0].node.name.value == SEARCH for details in fields.values()):
        raise Unusual
    plans = plan_roots(executor, query, fields, decisions)
    found = {alias: plan for alias, plan in plans.items() if plan is None or type(plan) is Plan}
    if len(found) < len(fields):
        raise Unusual
    return found


def _fields(slotted: Plans, plain: Plans, slots: Slots) -> tuple[HotField, ...]:
    """Make the fields of an operation.

    INVARIANT: with the values at hand in its slots, a plan is what it is without any.

    Raises:
        LookedAt: a plan binds a slot within a list.
    """
    fields = []
    for alias, plan in slotted.items():
        name = orjson.dumps(alias) + b":"
        if plan is None:
            fields.append(HotField(name, None))
            continue
        places = [place_of(parameter) for parameter in plan.parameters]
        values = [
            parameter if place is None else slots.values[place]
            for place, parameter in zip(places, plan.parameters, strict=True)
        ]
        if replace(plan, parameters=tuple(values)) != plain[alias]:
            raise Unusual
        bound = (
            _written(value) if place is None else place
            for place, value in zip(places, values, strict=True)
        )
        statements = tuple(sql.encode() for sql in (plan.quick, plan.sql) if sql)
        fields.append(HotField(name, plain[alias], statements, tuple(bound)))
    return tuple(fields)


def _written(value: object) -> bytes | None:
    """Write a value as PostgreSQL does."""
    try:
        if value.__class__ is str and "\0" not in value:
            return value.encode()
        [found] = _transformer.dump_sequence([value], [PyFormat.TEXT])
    except (DataError, UnicodeEncodeError) as error:
        raise Unusual from error
    return None if found is None else bytes(found)


_transformer = Transformer()
