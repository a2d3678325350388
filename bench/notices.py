"""A large alliance for the bench: supply notices and what they are about, made inside PostgreSQL.

Five origins of unequal size, feeds of their own, kinds that hang on the feed, three years of pulls,
and a few products that most notices are about. Two sets of three rows are hidden in it:
`FIRST_THREE` begin the order of keys, `LAST_THREE` end it. The planner foresees thousands where
`UNFORESEEN_THREE` are asked for, since it takes kind and status to be independent.
But for `LAST_THREE`, more notices are the same notices and some more.
"""

from collections.abc import Mapping

import psycopg

from federation.records.declaration import FieldFacts
from federation.records.registry import RECORD_TYPES

NOTICES = 1_000_000
PRODUCTS = 20_000
INGREDIENTS = 6
"""Of each product."""

SUBSTANCES = 500
HOLDERS = 1_000

FIRST_THREE = ("EU", {"kind": ["SUSPENSION"], "status": ["DRAFT"]})
LAST_THREE = ("US", {"kind": ["SUSPENSION"], "status": ["WITHDRAWN"]})
UNFORESEEN_THREE = (
    "US",
    {"kind": ["SUSPENSION"], "status": ["RESOLVED", "DISCONTINUED", "WITHDRAWN"]},
)

_ENVELOPE = {
    "content_digest": r"'\x00'",
    "pull_id": "n / 1000",
    "native_row": "n % 1000",
    "change_seq": "n",
    "vocabulary_edition": "1",
    "native": "jsonb_build_object('id', n::text, 'text', repeat(md5(n::text), 8))",
    "national_id": "n::text",
    "national_id_scheme": "'bench'",
    "retrieved_at": "pulled_at",
    "first_recorded_at": "pulled_at",
    "recorded_at": "pulled_at",
}
_PRODUCT = _ENVELOPE | {
    "key": "origin || '.Product.' || n",
    "origin": "origin",
    "feed": "lower(origin) || '.products'",
    "listing": "'LISTED'",
    "name": "'Product ' || n",
    "holder_key": f"'KR.Organization.' || n % {HOLDERS}",
    "species": "'HUMAN'",
    "authorisation_status": "'AUTHORISED'",
}
_HOLDER = _ENVELOPE | {
    "key": "'KR.Organization.' || n",
    "origin": "'KR'",
    "feed": "'kr.holders'",
    "listing": "'LISTED'",
    "name": "'Holder ' || n",
    "kind": "'MARKETING_AUTHORISATION_HOLDER'",
}
_SUBSTANCE = _ENVELOPE | {
    "key": "'ALLIANCE.Substance.' || n",
    "origin": "'ALLIANCE'",
    "feed": "'ref.substances'",
    "listing": "'LISTED'",
    "inn": "'substance ' || n",
}
_INGREDIENT = _ENVELOPE | {
    "key": "origin || '.Ingredient.' || lpad(n::text, 6, '0') || '.' || position",
    "origin": "origin",
    "feed": "lower(origin) || '.products'",
    "listing": "'LISTED'",
    "product_key": "origin || '.Product.' || n",
    "substance_key": f"'ALLIANCE.Substance.' || (n * 7 + position * position) % {SUBSTANCES}",
    "position": "position",
    "role": "'ACTIVE'",
    "native_text": "'ingredient ' || position || ' in native words'",
    "resolution_method": "'EXACT'",
    "resolution_confidence": "1",
}
_NOTICE = _ENVELOPE | {
    "key": "origin || '.SupplyNotice.' || lpad(n::text, 7, '0')",
    "origin": "origin",
    "feed": "feed",
    "listing": "CASE WHEN h % 10 < 8 THEN 'LISTED' ELSE 'NO_LONGER_LISTED' END",
    "title": "'Notice of product ' || h",
    "kind": "coalesce(marked, (ARRAY['SHORTAGE', 'DISCONTINUATION', 'LIMITED_SUPPLY', "
    "'NORMAL_SUPPLY', 'SUSPENSION'])[1 + (h % 1000 > 600)::int + (h % 1000 > 800)::int "
    "+ (h % 1000 > 900)::int + (h % 1000 > 980)::int])",
    "status": "CASE WHEN marked IS NOT NULL THEN CASE WHEN n < 4 THEN 'DRAFT' ELSE 'WITHDRAWN' END "
    "WHEN h % 1000 > 980 THEN 'ONGOING' ELSE (ARRAY['ONGOING', 'RESOLVED', 'DISCONTINUED', "
    "'DRAFT', 'WITHDRAWN'])[1 + (h / 1000 % 100 > 40)::int + (h / 1000 % 100 > 80)::int "
    "+ (h / 1000 % 100 > 95)::int + (h / 1000 % 100 > 97)::int] END",
    "native_status": "'as stated ' || h % 20",
    "legal_fact": "'law of ' || feed",
    "product_key": "origin || '.Product.' || p - p % 5 + place",
    "holder_key": f"'KR.Organization.' || h % {HOLDERS}",
    "posted_on": "jsonb_build_object('text', pulled_at::date, 'earliest', pulled_at::date, "
    "'latest', pulled_at::date, 'precision', 'DAY')",
    "reason_text": "'reason in native words ' || h",
    "plan_text": "'plan in native words ' || h",
    "stock_text": "CASE WHEN h % 4 = 0 THEN 'stock ' || h END",
}

_PRODUCTS = f"""
SELECT n, (ARRAY['EU', 'US', 'JP', 'KR', 'IN'])[1 + n % 5] AS origin,
  now() - interval '900 days' AS pulled_at
FROM generate_series(0, {PRODUCTS - 1}) n
"""
_INGREDIENTS = f"""
SELECT p.*, position FROM ({_PRODUCTS}) p, generate_series(1, {INGREDIENTS}) position
"""
_NUMBERED = """
SELECT n, now() - interval '900 days' AS pulled_at FROM generate_series(0, {} - 1) n
"""
_NOTICES = f"""
SELECT n, h, place, marked, (ARRAY['EU', 'US', 'JP', 'KR', 'IN'])[1 + place] AS origin,
  (ARRAY['eu', 'us', 'jp', 'kr', 'in'])[1 + place] || '.feed' || h / 7 % 3 AS feed,
  ({PRODUCTS - 5} * power(h / 11 % 10000 / 10000.0, 4))::int AS p,
  date_trunc('day', now()) - (1000 - n / 1000 % 1000) * interval '1 day 1 hour' AS pulled_at
FROM (
  SELECT n, h, CASE WHEN n < 4 THEN 0 WHEN is_last THEN 1
    ELSE (h % 20 > 5)::int + (h % 20 > 11)::int + (h % 20 > 15)::int + (h % 20 > 18)::int
  END AS place, CASE WHEN n < 4 OR is_last THEN 'SUSPENSION' END AS marked
  FROM (
    SELECT n, hashint4(n) & 1073741823 AS h, n > {{notices}} - 3 AS is_last
    FROM generate_series(1, {{notices}}) n) a) b
"""

_INDEXES = """
SELECT indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = 'supply_notice'::regclass
  AND indexrelid NOT IN (SELECT conindid FROM pg_constraint)
"""
"""Of the notices; built after the rows in a third of the time."""


def fill(url: str, notices: int = NOTICES) -> None:
    """Fill a migrated, empty database, and gather its statistics."""
    sources = {
        "Organization": (_HOLDER, _NUMBERED.format(HOLDERS)),
        "Substance": (_SUBSTANCE, _NUMBERED.format(SUBSTANCES)),
        "Product": (_PRODUCT, _PRODUCTS),
        "Ingredient": (_INGREDIENT, _INGREDIENTS),
        "SupplyNotice": (_NOTICE, _NOTICES.format(notices=notices)),
    }
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET maintenance_work_mem = '256MB'")
        indexes = connection.execute(_INDEXES).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        for record_type, (known, source) in sources.items():
            connection.execute(_insert(record_type, known, source))
        for _, definition in indexes:
            connection.execute(definition)
        connection.execute("VACUUM ANALYZE")


def _insert(record_type: str, known: Mapping[str, str], source: str) -> str:
    """Write the statement that fills a record type; fields it does not know stay blank."""
    found = RECORD_TYPES[record_type]
    blank = {
        name: _blank(facts)
        for name, facts in found.fields.items()
        if not facts.is_nullable and not facts.is_derived
    }
    columns = blank | known
    return (
        f"INSERT INTO {found.table} ({', '.join(columns)}) "
        f"SELECT {', '.join(columns.values())} FROM ({source}) s"
    )


def _blank(facts: FieldFacts) -> str:
    if facts.is_list:
        return "'{}'"
    return {bool: "false", int: "0"}.get(facts.python_type, "''")
