"""A trace comes in pages: together they are all of it, whatever there is of a kind at the same moment."""

from hypothesis import given
from hypothesis import strategies as st

from imapp.services.administering.steps import Step, in_order, page_of
from schemas.admin import TraceQuery, TraceStepName

steps = st.builds(
    Step,
    st.sampled_from(TraceStepName),
    st.none() | st.integers(1, 3),
    process=st.sampled_from([None, "a", "b"]),
    user_id=st.sampled_from([None, "an", "bo"]),
    connection_id=st.sampled_from([None, "1", "2"]),
    note=st.sampled_from(["", "not out: 1 tries"]),
)


@given(found=st.lists(steps, max_size=30), limit=st.integers(1, 7))
def test_no_step_is_left_out_or_told_twice(found: list[Step], limit: int) -> None:
    whole = in_order(found)
    told: list[Step] = []
    query = TraceQuery(limit=limit)
    while True:
        page, cursor = page_of(in_order(found), query)
        assert len(page) <= limit
        told += page
        if cursor is None:
            break
        query = TraceQuery(limit=limit, cursor=cursor)

    assert told == whole
