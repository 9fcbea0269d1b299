"""Signed addresses of files: for one person, one file and some minutes."""

from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests

from imapp.services.files.signing import GOOD_FOR_S, UrlSigner
from imapp.stores.meta import load_identity
from imapp.stores.users import UserStore
from schemas.files import SignedQuery
from tests.support.rest import RestClient
from tests.support.samples import PDF, image
from tests.support.scene import Scene
from tests.support.uploads import kept, send_file


def address(client: RestClient, file_id: str, **query: str) -> str:
    """A signed address that this person was given."""
    given = client.call("GET", f"/files/{file_id}/url", params=query)
    assert given.ok, given.text
    return client.url.removesuffix("/api/v1") + str(given.json()["url"])


def test_an_address_needs_no_token(scene: Scene) -> None:
    an = scene.rest(scene.people("an")[0])
    file_id = kept(an, image(), name="a.png", declared="image/png")

    plain, small = address(an, file_id), address(an, file_id, thumbnail="small")

    assert requests.get(plain, timeout=10).content == an.call("GET", f"/files/{file_id}").content
    assert requests.get(small, timeout=10).headers["Content-Type"] == "image/webp"
    assert requests.get(plain, headers={"Range": "bytes=0-3"}, timeout=10).status_code == 206


def with_fields(address: str, **fields: str | None) -> str:
    """The same address with other fields in its query, None for without."""
    place, _, query = address.partition("?")
    wanted: dict[str, str | None] = {**dict(parse_qsl(query)), **fields}
    return f"{place}?{urlencode({name: value for name, value in wanted.items() if value is not None})}"


@pytest.mark.parametrize("changed", ["user", "expires", "signature", "thumbnail"])
def test_an_address_that_was_changed_is_worth_nothing(scene: Scene, changed: str) -> None:
    an, bo = (scene.rest(user) for user in scene.people("an", "bo"))
    good = address(an, kept(an, image(), name="a.png", declared="image/png"))
    fields = dict(parse_qsl(urlsplit(good).query))
    others = {
        "user": bo.user,
        "expires": str(int(fields["expires"]) + 60),
        "signature": fields["signature"][:-1] + ("0" if fields["signature"][-1] != "0" else "1"),
        "thumbnail": "small",
    }
    assert fields.get(changed) != others[changed]
    assert requests.get(with_fields(good), timeout=10).status_code == 200

    assert requests.get(with_fields(good, **{changed: others[changed]}), timeout=10).status_code == 401


@pytest.mark.parametrize("missing", ["user", "expires", "signature"])
def test_an_address_of_which_a_part_is_missing_is_none(scene: Scene, missing: str) -> None:
    an = scene.rest(scene.people("an")[0])

    cut = with_fields(address(an, kept(an)), **{missing: None})

    assert requests.get(cut, timeout=10).status_code == 422


def test_an_address_is_for_one_file(scene: Scene) -> None:
    an = scene.rest(scene.people("an")[0])
    one, other = kept(an), kept(an)

    assert requests.get(address(an, one).replace(one, other), timeout=10).status_code == 401


def test_an_old_address_is_worth_nothing(scene: Scene) -> None:
    (user,) = scene.people("an")
    database = scene.cluster.database
    now = [1_000_000.0]
    signer = UrlSigner(load_identity(database).body_key, UserStore(database), lambda: now[0])
    signed: SignedQuery = signer.sign(user, "f" * 21, None)

    signer.check("f" * 21, signed)
    now[0] += GOOD_FOR_S + 1

    with pytest.raises(Exception, match="unauthorized"):
        signer.check("f" * 21, signed)


def test_who_may_no_longer_see_the_file_has_a_worthless_address(scene: Scene) -> None:
    an, bo = (scene.rest(user) for user in scene.people("an", "bo"))
    channel = an.create_group("Lunch", bo.user).channel_id
    file_id = kept(an)
    message_id = send_file(an, channel, file_id).json()["message_id"]
    given = address(bo, file_id)
    assert requests.get(given, timeout=10).content == PDF

    an.call("POST", f"/messages/{message_id}/recall", json={"client_message_id": "oops"})

    assert requests.get(given, timeout=10).status_code == 404


def test_who_is_disabled_has_a_worthless_address(scene: Scene) -> None:
    an = scene.rest(scene.people("an")[0])
    given = address(an, kept(an))

    scene.cluster.database["users"].update_one({"_id": an.user}, {"$set": {"status": "disabled"}})

    assert requests.get(given, timeout=10).status_code == 401
