"""What is archived comes back as it was, and only what is equal has the same hash."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bson import Int64, json_util
from bson.decimal128 import Decimal128
from hypothesis import given
from hypothesis import strategies as st

from imapp.stores.canonical import canonical, content_hash, restored

whole_ms = st.integers(0, 4_000_000_000_000).map(
    lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
)
numbers = st.integers(-(2**63), 2**63 - 1)
plain = st.one_of(
    st.none(),
    st.booleans(),
    numbers,
    numbers.map(Int64),
    st.floats(allow_nan=False),
    st.decimals(allow_nan=False, places=3, min_value=-(10**9), max_value=10**9).map(Decimal128),
    st.text(),
    whole_ms,
    st.binary(),
)
values = st.recursive(plain, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
names = st.text(min_size=1).filter(lambda name: not name.startswith("$"))


def without_operators(value: Any) -> bool:
    """No key looks like a type of extended JSON: the product stores what people write as values alone."""
    if isinstance(value, dict):
        return all(not key.startswith("$") and without_operators(one) for key, one in value.items())
    return all(map(without_operators, value)) if isinstance(value, list) else True


documents = st.dictionaries(names, values.filter(without_operators), max_size=6)


@given(documents)
def test_a_document_comes_back_as_it_was(document: dict[str, Any]) -> None:
    assert restored(canonical(document)) == document


@given(documents)
def test_it_is_canonical_extended_json_as_mongodb_defines_it(document: dict[str, Any]) -> None:
    theirs = json_util.dumps(
        document,
        json_options=json_util.CANONICAL_JSON_OPTIONS.with_options(tz_aware=True, tzinfo=UTC),
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )

    assert canonical(document) == theirs


@given(documents)
def test_the_order_of_keys_does_not_matter(document: dict[str, Any]) -> None:
    backwards = dict(reversed(document.items()))

    assert content_hash(backwards) == content_hash(document)


@given(documents, documents)
def test_other_documents_have_other_hashes(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert (content_hash(one) == content_hash(other)) is (canonical(one) == canonical(other))
    assert canonical(one) != canonical(other) or one == other
