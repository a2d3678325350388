"""What a text finds among the rows a caller sees: SQL over the search terms and the records.

The terms say where a text may be; whether it is there is asked of the row that the caller sees,
under its predicates, and nothing is counted or cut off before that. So what only a hidden row holds
is found as what no row holds. Start at `SearchCompiler.finds`.
"""

from collections.abc import Iterator, Sequence

from federation.records.registry import RECORD_TYPES, RecordType
from hub.gateway.planning.naming import camel
from hub.gateway.planning.plan import Compiler
from hub.gateway.planning.slots import made_of
from hub.gateway.planning.statement import quoted
from hub.search.findable import FINDABLE, Part, Use, facts_of
from hub.search.terms import Sought

LEVELS = ("CODE", "NAME", "BEGINS", "WORDS", "PARTS")
"""Ways to match, the surest first."""

RANKS_OF_LEVEL = 100
"""Among them each record type has its place."""

_PLACES = {name: place for place, name in enumerate(FINDABLE)}

_SUBSTANCE = RECORD_TYPES["Substance"]

_LAST = "chr(1114111)"
"""SQL of the sign that no other comes after."""


class SearchCompiler(Compiler):
    """Writes the finds of a search."""

    def finds(self, types: Sequence[RecordType], text: Sought, origins: Sequence[str]) -> str:
        """Select key, record_type, rank, field, text and substance: of each record its best find.

        Args:
            types: what may be found.
            text: what to look for.
            origins: of which members; all where none is named.
        """
        test = "true"
        if origins:
            test = f"b.origin = ANY({self.statement.bind(list(origins), 'text[]')})"
        finds = (find for record_type in types for find in self._finds_of(record_type, test))
        return (
            f"WITH sought AS MATERIALIZED ({self._sought(types, text)}), "
            f"asked AS MATERIALIZED ({self._asked()}), hits AS MATERIALIZED ({_HITS}) "
            f"SELECT DISTINCT ON (key) * FROM ({' UNION ALL '.join(finds)}) v "
            "ORDER BY key, rank, substance NULLS FIRST, field, text"
        )

    def _sought(self, types: Sequence[RecordType], text: Sought) -> str:
        """Select what is bound, so that PostgreSQL plans for any text and keeps its plan."""
        parts = {part.record_type for each in types for part in FINDABLE[each.name].parts}
        kinds = sorted({each.name for each in types} | parts)
        bound = {
            "form": (made_of(text, _form), "text"),
            "words": (made_of(text, _words), "text[]"),
            "runs": (made_of(text, _runs), "text[]"),
            "span_forms": (made_of(text, _span_forms), "text[]"),
            "span_rests": (made_of(text, _span_rests), "text[]"),
            "codes": (made_of(text, _codes), "text[]"),
            "prefix": (made_of(text, _prefix), "text"),
            "kinds": (kinds, "text[]"),
        }
        columns = (f"{self.statement.bind(*value)} AS {name}" for name, value in bound.items())
        return f"SELECT {', '.join(columns)}"

    def _asked(self) -> str:
        """Select the text, and what it is with another name of a substance that it names.

        Where other words stand beside that name, all together are looked for and no beginning.
        """
        rows = self.visible_rows(_SUBSTANCE, "b.key = one.key", groups=())
        return (
            "SELECT form, words, runs, NULL::text AS substance, kinds FROM sought "
            "UNION ALL SELECT CASE WHEN span.rest = '' THEN other.form END, "
            "other.words || string_to_array(span.rest, ' '), ARRAY[other.form], r.key, q.kinds "
            "FROM sought q CROSS JOIN LATERAL unnest(q.span_forms, q.span_rests) span (form, rest) "
            f"CROSS JOIN LATERAL ({_terms(_NAME_OF_SUBSTANCE, 's.form = span.form')}) one "
            f"CROSS JOIN LATERAL ({rows} OFFSET 0) r "
            f"CROSS JOIN LATERAL ({_terms(_NAME_OF_SUBSTANCE, 's.key = r.key')}) other "
            "WHERE other.form <> span.form "
            f"AND {_holds(_SUBSTANCE, 'one', 'r')} AND {_holds(_SUBSTANCE, 'other', 'r')}"
        )

    def _finds_of(self, record_type: RecordType, test: str) -> Iterator[str]:
        """Yield the finds of a record type, by its own texts and by those of its parts."""
        name = record_type.name
        columns = (
            f"SELECT r.key, '{name}' AS record_type, h.text, h.substance, "
            f"h.level * {RANKS_OF_LEVEL} + {_PLACES[name]} AS rank, "
        )
        # Row by row: the planner knows nothing of how many there will be.
        rows = self.visible_rows(record_type, f"b.key = h.key AND {test}", groups=())
        yield (
            f"{columns}{_field(record_type)} AS field FROM hits h "
            f"CROSS JOIN LATERAL ({rows} OFFSET 0) r "
            f"WHERE h.record_type = '{name}' AND {_holds(record_type, 'h', 'r')}"
        )
        for part in FINDABLE[name].parts:
            source = RECORD_TYPES[part.record_type]
            leading = self.visible_rows(source, "b.key = h.key", groups=())
            link = f"b.key = p.{quoted(part.link)}"
            rows = self.visible_rows(record_type, f"{link} AND {test}", groups=())
            yield (
                f"{columns}'{_list(record_type, part)}.' || {_field(source)} AS field FROM hits h "
                f"CROSS JOIN LATERAL ({leading} OFFSET 0) p CROSS JOIN LATERAL ({rows} OFFSET 0) r "
                f"WHERE h.record_type = '{source.name}' AND {_holds(source, 'h', 'p')}"
            )


def _begins(text: str, beginning: str) -> str:
    return f"{text} >= {beginning} AND {text} < {beginning} || {_LAST}"


def _terms(*tests: str) -> str:
    """Select search terms for a row to the left: nobody can tell beforehand how few they are."""
    return f"SELECT * FROM search_term s WHERE {' AND '.join(tests)} OFFSET 0"


_NAME_OF_SUBSTANCE = f"s.use = '{Use.NAME}' AND s.record_type = 'Substance'"
_CODE = f"s.use = '{Use.CODE}' AND s.record_type = ANY(q.kinds)"
_NAME = f"s.use <> '{Use.CODE}' AND s.record_type = ANY(q.kinds)"
_HIT = "SELECT s.id, s.record_type, s.key, s.field, s.text"
_APART = "EXISTS (SELECT FROM unnest(q.runs) run WHERE strpos(s.form, run) = 0)"
_HITS = (
    "SELECT DISTINCT ON (id) * FROM ("
    f"{_HIT}, 0 AS level, NULL::text AS substance FROM sought q "
    f"CROSS JOIN LATERAL ({_terms(_CODE, 's.form = ANY(q.codes)')}) s "
    f"UNION ALL {_HIT}, 2, NULL FROM sought q "
    f"CROSS JOIN LATERAL ({_terms(_CODE, _begins('s.form', 'q.prefix'))}) s "
    f"UNION ALL {_HIT}, CASE WHEN s.use = '{Use.MENTION}' THEN 3 "
    "WHEN s.form = q.form THEN 1 ELSE 2 END, q.substance FROM asked q "
    f"CROSS JOIN LATERAL ({_terms(_NAME, _begins('s.form', 'q.form'))}) s "
    f"UNION ALL {_HIT}, CASE WHEN {_APART} THEN 4 ELSE 3 END, q.substance FROM asked q "
    f"CROSS JOIN LATERAL ({_terms(_NAME, 's.words @> q.words')}) s"
    ") h ORDER BY id, level, substance NULLS FIRST"
)
"""SQL of the terms that may be meant, each with the level at which it matches."""


def _holds(record_type: RecordType, term: str, row: str) -> str:
    """Write the condition that a row holds a term's text where the term says."""
    tests = " ".join(
        f"WHEN '{facts.name}' THEN {term}.text = "
        + (f"ANY({row}.{quoted(facts.name)})" if facts.is_list else f"{row}.{quoted(facts.name)}")
        for facts, _ in facts_of(record_type)
    )
    return f"CASE {term}.field {tests} END"


def _field(record_type: RecordType) -> str:
    """Write the GraphQL name of a hit's field."""
    names = " ".join(
        f"WHEN '{facts.name}' THEN '{camel(facts.name)}'" for facts, _ in facts_of(record_type)
    )
    return f"CASE h.field {names} END"


def _list(record_type: RecordType, part: Part) -> str:
    """Name the list that leads from a record to its part, in GraphQL."""
    return next(
        camel(back.name)
        for back in record_type.back_references
        if (back.from_type, back.from_field) == (part.record_type, part.link)
    )


def _form(text: Sought) -> str:
    return text.form


def _words(text: Sought) -> list[str]:
    return list(text.words)


def _runs(text: Sought) -> list[str]:
    return list(text.runs)


def _codes(text: Sought) -> list[str]:
    return list(text.codes)


def _prefix(text: Sought) -> str | None:
    return text.prefix


def _span_forms(text: Sought) -> list[str]:
    return [span.form for span in text.spans]


def _span_rests(text: Sought) -> list[str]:
    return [" ".join(span.rest) for span in text.spans]
