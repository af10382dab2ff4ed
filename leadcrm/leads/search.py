"""Leads by any part of a name, company, e-mail address or phone number, from a trigram index on both databases.

`lead_search` holds one row per lead: its words, folded to one shape, each after two blanks. So a term of one or two
letters is found at the beginning of words by the same trigrams ("  a", " an") that find longer terms anywhere.
Each trigram of each term must be there; then terms that are longer than three letters are looked up in the text itself.

SQLite keeps the trigrams in FTS5, without positions: half the size and the same answer. PostgreSQL keeps them in a GIN
index on an array: pg_trgm is an extension that small installations do not have.

Such an index gives no order and no few: it names all that match before the first is read. So PostgreSQL looks for a
page of the newest among the last few thousand first, one by one, where a common word fills it, and then in the index
for what is rarer. Left to choose, its planner takes the trigrams of a name for independent of each other: at a million
leads it walked through all of them for three letters that nobody has, in 1.1 s.
"""

import re
from collections.abc import Iterable

from sqlalchemy import (
    DDL,
    Column,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    Text,
    event,
    func,
    literal,
    literal_column,
    select,
    table,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import InstrumentedAttribute

from leadcrm.core.db import is_postgresql
from leadcrm.core.values import fold
from leadcrm.leads.models import Lead, LeadSearch

LONGEST_QUERY = 100
MOST_TERMS = 8
GRAM = 3
PHONE_LIKE = re.compile(r"[+(]?[\d][\d\s().\-/]*")
FEWEST_DIGITS = 5  # of a query that is read as one phone number, however it is spaced
FEW, MANY = 6_000, 30_000  # of the newest leads: read one by one in 2 ms, and in 8
COMMON = 180  # matches among the few

SQLITE_DDL = (
    "CREATE VIRTUAL TABLE lead_search_text USING fts5("
    "text, content='lead_search', content_rowid='id', tokenize='trigram case_sensitive 1', detail=none)",
    "INSERT INTO lead_search_text(lead_search_text, rank) VALUES ('secure-delete', 1)",  # what goes leaves no trace
    "CREATE TRIGGER lead_search_added AFTER INSERT ON lead_search BEGIN "
    "INSERT INTO lead_search_text(rowid, text) VALUES (new.id, new.text); END",
    "CREATE TRIGGER lead_search_removed AFTER DELETE ON lead_search BEGIN "
    "INSERT INTO lead_search_text(lead_search_text, rowid, text) VALUES ('delete', old.id, old.text); END",
    "CREATE TRIGGER lead_search_changed AFTER UPDATE OF text ON lead_search BEGIN "
    "INSERT INTO lead_search_text(lead_search_text, rowid, text) VALUES ('delete', old.id, old.text); "
    "INSERT INTO lead_search_text(rowid, text) VALUES (new.id, new.text); END",
)
POSTGRESQL_DDL = (
    "CREATE FUNCTION trigrams_of(value text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS "
    "$$ SELECT coalesce(array_agg(DISTINCT substr(value, n, 3)), '{}') FROM generate_series(1, length(value) - 2) n $$",
    # kept: computing them for the rows of one page by time took half a second at 100,000 leads
    "ALTER TABLE lead_search ADD COLUMN trigrams text[] NOT NULL GENERATED ALWAYS AS (trigrams_of(text)) STORED",
    "CREATE INDEX ix_lead_search_trigrams ON lead_search USING gin (trigrams)",
)
for _dialect, _statements in (("sqlite", SQLITE_DDL), ("postgresql", POSTGRESQL_DDL)):
    for _statement in _statements:
        _literal = _statement.replace("%", "%%")
        event.listen(LeadSearch.__table__, "after_create", DDL(_literal).execute_if(dialect=_dialect))

_fts = table("lead_search_text", Column("rowid", Integer), Column("lead_search_text", Text))


def text_of(name: str, company: str, addresses: Iterable[str]) -> str:
    """What a lead is found by."""
    words = fold(f"{name} {company} {' '.join(addresses)}").replace("+", " ").split()
    return "".join(f"  {word}" for word in dict.fromkeys(words))


def terms_of(query: str) -> list[str]:
    """What a query asks for: words, or the digits of one phone number (without a trunk prefix's 0)."""
    folded = fold(query[:LONGEST_QUERY]).strip()
    digits = re.sub(r"\D", "", folded)
    if PHONE_LIKE.fullmatch(folded) and len(digits) >= FEWEST_DIGITS:
        return [digits.lstrip("0") or digits]
    return folded.replace("+", " ").split()[:MOST_TERMS]


def matching(statement: Select, query: str) -> tuple[Select, InstrumentedAttribute | ColumnElement]:
    """`statement` on leads, only those that match, and the column that lists them newest first without a sort."""
    statement = statement.join(LeadSearch, LeadSearch.lead_id == Lead.id).where(*_long_terms(query))
    if not _all_grams(query):
        return statement, LeadSearch.id
    if is_postgresql():
        return statement.where(_has_all_grams(query)), LeadSearch.id
    wanted = " ".join('"' + gram.replace('"', '""') + '"' for gram in _all_grams(query))
    statement = statement.join(_fts, _fts.c.rowid == LeadSearch.id)
    return statement.where(literal_column("lead_search_text").op("MATCH")(wanted)), _fts.c.rowid


def among_few(query: str) -> Subquery:
    """`id` and `lead_id` of what matches among the FEW newest, newest first, for as long as somebody reads on."""
    return _among_newest(FEW, query)


def among_many(query: str) -> Subquery:
    """The same among the MANY newest."""
    return _among_newest(MANY, query)


def is_common(query: str) -> Select[tuple[bool]]:
    """Whether so many of the FEW newest match that a walk past the others is quicker than the index."""
    some = select(among_few(query).c.id).limit(COMMON).subquery()
    return select(func.count() == COMMON).select_from(some)


def by_index(query: str) -> Subquery:
    """`id` and `lead_id` of all that matches, newest first, from PostgreSQL's index whatever its planner thinks."""
    found = select(LeadSearch.id, LeadSearch.lead_id).where(*_long_terms(query), _has_all_grams(query))
    candidates = found.cte("candidates").prefix_with("MATERIALIZED")
    return select(candidates).order_by(candidates.c.id.desc()).subquery()


def _among_newest(number: int, query: str) -> Subquery:
    last = select(LeadSearch.id, LeadSearch.lead_id, LeadSearch.text).order_by(LeadSearch.id.desc()).limit(number)
    newest = last.subquery()
    matches = (newest.c.text.contains(_beginning_of(term), autoescape=True) for term in terms_of(query))
    return select(newest.c.id, newest.c.lead_id).where(*matches).subquery()


def _long_terms(query: str) -> list[ColumnElement[bool]]:
    """Of a longer term its trigrams may stand apart."""
    return [LeadSearch.text.contains(term, autoescape=True) for term in terms_of(query) if len(term) > GRAM]


def _all_grams(query: str) -> list[str]:
    return sorted({gram for term in terms_of(query) for gram in _grams(term)})


def _has_all_grams(query: str) -> ColumnElement[bool]:
    return literal_column("lead_search.trigrams").op("@>")(literal(_all_grams(query), postgresql.ARRAY(Text)))


def _beginning_of(term: str) -> str:
    """What stands in the text of a lead that has it: of a short term the beginning of a word."""
    return term.rjust(GRAM)


def _grams(term: str) -> set[str]:
    """The trigrams of a term; of a short one, those of a word that begins with it."""
    term = _beginning_of(term)
    return {term[n : n + GRAM] for n in range(len(term) - GRAM + 1)}
