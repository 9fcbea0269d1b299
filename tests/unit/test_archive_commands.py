"""What `imapp archive` refuses before it asks anybody."""

import pytest
from click.testing import CliRunner

from imapp.cli import main
from schemas.admin import MAX_RETENTION_DAYS


@pytest.mark.parametrize("days", ["-1", str(MAX_RETENTION_DAYS + 1), "1.5", "ever"])
def test_nothing_is_put_back_for_less_than_no_time_or_for_ever(days: str) -> None:
    done = CliRunner().invoke(main, ["archive", "restore", "c" * 24, "1", "4", "--days", days])

    assert (done.exit_code, "Invalid value for '--days'" in done.output) == (2, True)
