"""From which pages a browser may open the socket."""

import pytest

from imapp.ws.origins import OriginPolicy

PRODUCTION = OriginPolicy(("https://www.example.com", "http://kiosk.local:8080"), https_only=True)
DEVELOPMENT = OriginPolicy((), https_only=False)


@pytest.mark.parametrize(
    "origin",
    [None, "https://www.example.com", "http://kiosk.local:8080", "https://im.example.com"],
)
def test_pages_that_are_listed_or_our_own_may_and_who_is_no_browser(origin: str | None) -> None:
    assert PRODUCTION.allow(origin, "im.example.com")


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "",
        "*",
        "https://www.example.com.evil.example",
        "https://evilwww.example.com",
        "https://sub.www.example.com",
        "https://example.com",
        "http://www.example.com",
        "https://www.example.com:8443",
        "https://www.example.com/",
        "HTTPS://WWW.EXAMPLE.COM",
        "https://www.example.com,https://evil.example",
        "http://im.example.com",
        "https://im.example.com:8443",
        "wss://im.example.com",
        "file://im.example.com",
        "://im.example.com",
        "im.example.com",
    ],
)
def test_every_other_page_may_not(origin: str) -> None:
    assert not PRODUCTION.allow(origin, "im.example.com")


def test_our_own_page_may_come_by_plain_http_where_people_develop() -> None:
    assert DEVELOPMENT.allow("http://127.0.0.1:8080", "127.0.0.1:8080")
    assert not DEVELOPMENT.allow("http://127.0.0.1:9090", "127.0.0.1:8080")


def test_a_request_without_a_host_has_no_page_of_its_own() -> None:
    assert not DEVELOPMENT.allow("http://", "")
