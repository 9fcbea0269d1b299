"""In development the log is told what a webhook would be."""

from structlog.testing import capture_logs

from imapp.services.pushes.notifiers import LogNotifier
from schemas.notifications import PushRecord


def record(user_id: str, badge: int) -> PushRecord:
    return PushRecord(
        user_id=user_id,
        channel_id="c" * 24,
        message_id="c" * 24 + ".000000000006",
        title="An 安",
        preview="Lunch at twelve?",
        badge=badge,
        mentioned=False,
        messages=2,
        time="2026-11-24T08:00:00.000Z",
    )


def test_each_record_is_a_line_with_all_that_a_developer_looks_for() -> None:
    with capture_logs() as lines:
        LogNotifier().deliver("c.5-6.0", [record("bo", 3), record("chen", 1)])

    told = {"event": "push", "log_level": "info", "delivery": "c.5-6.0"}
    what = {"message": "c" * 24 + ".000000000006", "title": "An 安", "preview": "Lunch at twelve?"}
    found = [{key: value for key, value in line.items() if key != "part"} for line in lines]
    assert found == [
        told | what | {"user": "bo", "badge": 3},
        told | what | {"user": "chen", "badge": 1},
    ]
