"""The emoji table: for everybody to read, for administrators to change."""

import secrets
from typing import Any

import pytest
import requests

from imapp.domain.emoji import Emoji as Token
from imapp.domain.emoji import parse
from imapp.services.operating.starter_emojis import seed_emojis, starter_emojis
from imapp.stores.emojis import EmojiStore
from schemas.common import MAX_TEXT_CHARS
from schemas.emojis import MAX_EMOJIS, Emoji, EmojiPackPage, EmojiPage
from tests.support.link import RefusedError
from tests.support.rest import RestClient
from tests.support.samples import image
from tests.support.scene import Scene
from tests.support.tokens import make_token
from tests.support.uploads import kept
from tests.support.waiting import PATIENCE_S


@pytest.fixture
def an(scene: Scene) -> RestClient:
    """Somebody like everybody."""
    (user,) = scene.people("an")
    return scene.rest(user)


class Admin:
    """An administrator, who changes the emoji table and sends up pictures for it."""

    def __init__(self, scene: Scene) -> None:
        (user,) = scene.people("olga")
        self.rest = scene.rest(user)
        self._url = scene.cluster.gateway_urls[0] + "/api/v1/admin/emojis"
        self._headers = {"Authorization": f"Bearer {make_token(user, roles=['admin'])}"}

    def call(self, method: str, path: str = "", **options: Any) -> requests.Response:
        url = self._url + path
        return requests.request(method, url, headers=self._headers, timeout=PATIENCE_S, **options)

    def add(self, shortcode: str, **fields: Any) -> requests.Response:
        """Add an emoji of the pack `ours`."""
        body = {"shortcode": shortcode, "pack": "ours", "name": "New", **fields}
        return self.call("POST", json=body)


@pytest.fixture
def admin(scene: Scene) -> Admin:
    return Admin(scene)


def fresh() -> str:
    return f"e{secrets.token_hex(6)}"


def picture(client: RestClient) -> str:
    return kept(client, image(), name="cat.png", declared="image/png")


CAT = "https://im.example/cat.png"


# ---- reading


def test_a_new_system_has_a_starter_pack(an: RestClient) -> None:
    packs = {each.pack: each.emojis for each in an.get("/emoji-packs", EmojiPackPage).packs}
    faces = an.get("/emojis", EmojiPage, pack="faces").emojis

    assert {"faces", "hands", "hearts", "party", "food"} <= packs.keys()
    assert len(faces) == packs["faces"]
    grinning = Emoji(shortcode="grinning", pack="faces", name="grinning face", character="😀", address="")
    assert grinning in faces
    assert an.get("/emojis/grinning", Emoji) == grinning


def test_the_table_comes_in_pages_and_the_same_over_the_socket(scene: Scene, an: RestClient) -> None:
    first = an.get("/emojis", EmojiPage, pack="faces", limit=50)
    rest = an.get("/emojis", EmojiPage, pack="faces", limit=200, cursor=first.cursor)
    socket = scene.connect(an.user).request("emojis", pack="faces", limit=200)

    assert rest.cursor is None
    assert first.emojis + rest.emojis == socket.emojis
    assert [each.shortcode for each in socket.emojis] == sorted(each.shortcode for each in socket.emojis)
    assert len(an.get("/emoji-packs", EmojiPackPage, limit=2).packs) == 2


def test_a_page_that_is_still_right_is_not_sent_again(an: RestClient, admin: Admin) -> None:
    pack = fresh()
    admin.add(fresh(), pack=pack, character="😀")
    first = an.call("GET", f"/emojis?pack={pack}")
    asked = {"If-None-Match": first.headers["ETag"]}

    again = an.call("GET", f"/emojis?pack={pack}", headers=asked)
    admin.add(fresh(), pack=pack, character="😀")
    changed = an.call("GET", f"/emojis?pack={pack}", headers=asked)

    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert (changed.status_code, len(changed.json()["emojis"])) == (200, 2)


@pytest.mark.parametrize("path", ["/emojis/nothing", "/emojis/..", "/emojis/%24ne", f"/emojis/{'a' * 33}"])
def test_what_is_no_emoji_is_not_found(an: RestClient, path: str) -> None:
    assert an.call("GET", path).status_code == 404


@pytest.mark.parametrize("query", ["pack=a b", "pack[$ne]=x", "cursor=%24ne", "cursor=A", "limit=201"])
def test_a_query_that_is_none_is_refused(an: RestClient, query: str) -> None:
    assert an.call("GET", f"/emojis?{query}").status_code == 422


# ---- changing


def test_an_emoji_is_added_changed_and_taken_out(an: RestClient, admin: Admin) -> None:
    shortcode = fresh()

    added = admin.add(shortcode, address=CAT)
    assert (added.status_code, added.json()["address"]) == (201, CAT)
    assert an.get(f"/emojis/{shortcode}", Emoji).address == CAT
    changed = admin.call("PATCH", f"/{shortcode}", json={"character": "😺", "pack": "cats"})
    assert changed.json() == {
        "shortcode": shortcode, "pack": "cats", "name": "New", "character": "😺", "address": "",
    }  # fmt: skip
    removed = [admin.call("DELETE", f"/{shortcode}") for _ in range(2)]
    assert [answer.status_code for answer in removed] == [200, 200]
    assert removed[0].content == removed[1].content
    assert an.call("GET", f"/emojis/{shortcode}").status_code == 404
    assert admin.call("PATCH", f"/{shortcode}", json={"name": "Again"}).status_code == 404
    assert admin.add(shortcode, address=CAT).status_code == 201


def test_adding_the_same_again_changes_nothing_and_another_is_a_conflict(admin: Admin) -> None:
    shortcode = fresh()

    first, again = (admin.add(shortcode, address=CAT) for _ in range(2))
    other = admin.add(shortcode, character="😀")

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert (other.status_code, other.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    "wrong",
    [
        {"shortcode": "a" * 33, "character": "😀"},
        {"shortcode": "Upper", "character": "😀"},
        {"shortcode": "a]b", "character": "😀"},
        {"shortcode": {"$ne": ""}, "character": "😀"},
        {"pack": "a.b", "character": "😀"},
        {"name": "\x00", "character": "😀"},
        {"character": "a"},
        {"character": "<script>"},
        {"character": "😀😀"},
        {"character": "😀" * 17},
        {"address": "javascript:alert(1)"},
        {"address": "http://im.example/cat.png"},
        {"address": "../../etc/passwd"},
        {"character": "😀", "address": CAT},
        {},
    ],
    ids=repr,
)
def test_what_can_be_no_emoji_is_refused_and_not_stored(
    scene: Scene, admin: Admin, wrong: dict[str, Any]
) -> None:
    shortcode = fresh()

    answer = admin.add(**{"shortcode": shortcode, **wrong})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert scene.cluster.database["emojis"].find_one({"_id": shortcode}) is None


def test_a_picture_that_was_sent_up_is_for_everybody_until_it_is_none(an: RestClient, admin: Admin) -> None:
    file_id, shortcode = picture(admin.rest), fresh()
    assert not an.call("GET", f"/files/{file_id}").ok

    added = [admin.add(shortcode, address=file_id) for _ in range(2)]

    assert [answer.status_code for answer in added] == [201, 201]
    assert an.get(f"/emojis/{shortcode}", Emoji).address == file_id
    assert an.call("GET", f"/files/{file_id}/thumbnails/small").ok
    assert admin.call("PATCH", f"/{shortcode}", json={"name": "Renamed"}).ok
    assert an.call("GET", f"/files/{file_id}").ok
    other = picture(admin.rest)
    assert admin.call("PATCH", f"/{shortcode}", json={"address": other}).ok
    assert [an.call("GET", f"/files/{name}").ok for name in (file_id, other)] == [False, True]
    admin.call("DELETE", f"/{shortcode}")
    assert not an.call("GET", f"/files/{other}").ok


def test_a_key_of_no_picture_of_ones_own_is_refused_and_nothing_changes(an: RestClient, admin: Admin) -> None:
    shortcode = fresh()
    admin.add(shortcode, address=CAT)

    for key in ("nothing", picture(an), kept(admin.rest)):
        tried = admin.add(fresh(), address=key), admin.call("PATCH", f"/{shortcode}", json={"address": key})
        for answer in tried:
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
            assert answer.json()["errors"] == {"address": "no such image of yours"}
    assert an.get(f"/emojis/{shortcode}", Emoji).address == CAT


def test_only_administrators_change_the_table(an: RestClient, admin: Admin) -> None:
    shortcode = fresh()
    admin.add(shortcode, address=CAT)
    body = {"shortcode": "mine", "pack": "ours", "name": "Mine", "character": "😀"}

    tried = [
        an.call("POST", "/admin/emojis", json=body),
        an.call("POST", "/admin/emojis", json={"roles": ["admin"]}),
        an.call("PATCH", f"/admin/emojis/{shortcode}", json={"name": "Mine"}),
        an.call("DELETE", f"/admin/emojis/{shortcode}"),
    ]

    assert {answer.status_code for answer in tried} == {403}
    assert an.call("POST", "/emojis", json=body).status_code == 405
    assert an.get(f"/emojis/{shortcode}", Emoji).name == "New"


@pytest.mark.limit("emoji in the table")
def test_there_may_be_so_many_and_not_one_more(scene: Scene, admin: Admin) -> None:
    table = scene.cluster.database["emojis"]
    missing = MAX_EMOJIS - table.count_documents({"removed": False})
    fields = {"pack": "many", "name": "", "character": "😀", "address": "", "removed": False}
    table.insert_many([{"_id": f"many{number}", **fields} for number in range(missing)])
    try:
        full = admin.add(fresh(), address=CAT)
        assert (full.status_code, full.json()["code"]) == (409, "quota_exceeded")
        admin.call("DELETE", "/many0")
        assert admin.add("many0", address=CAT).status_code == 201
    finally:
        table.delete_many({"_id": {"$regex": "^many"}})


# ---- the starter pack


def test_what_was_taken_out_or_changed_is_not_brought_back(scene: Scene, admin: Admin) -> None:
    store = EmojiStore(scene.cluster.database)
    admin.call("DELETE", "/grin")
    admin.call("PATCH", "/joy", json={"name": "Ours"})

    seed_emojis(store)

    assert store.find("grin") is None
    assert store.find("joy") == Emoji(shortcode="joy", pack="faces", name="Ours", character="😂", address="")
    admin.add("grin", character="😁", pack="faces", name="beaming face with smiling eyes")
    admin.call("PATCH", "/joy", json={"name": "face with tears of joy"})


def test_a_system_from_before_gets_what_is_new_in_it(scene: Scene, an: RestClient) -> None:
    scene.cluster.database["emojis"].delete_one({"_id": "heart"})

    seed_emojis(EmojiStore(scene.cluster.database))

    assert an.get("/emojis/heart", Emoji).character == "❤️"


def test_its_shortcodes_are_all_different_and_stand_in_texts() -> None:
    emojis = list(starter_emojis())

    assert len({each.shortcode for each in emojis}) == len(emojis) > 150
    assert parse("".join(f"[:{each.shortcode}:]" for each in emojis)) == [
        Token(each.shortcode) for each in emojis
    ]


# ---- in messages


def test_emoji_and_words_come_as_they_were_written(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    here, there = scene.connect(an), scene.connect(bo)
    texts = ["good [:sun:] day", r"\[:not_one:]", "[:unknown_one:]", "[:a:]" * 1_000, "<b>[:a:]</b>"]

    for text in texts:
        here.send_text(None, text, to=bo)
    here.send_text(None, "[:unknown_one:]", to=bo, message_type="emoji")
    channel = here.send_text(None, "[:grinning:]", to=bo, message_type="emoji").channel_id

    there.wait_for_text("[:grinning:]")
    entries = there.history(channel).entries
    assert [entry.content for entry in entries] == [*texts, "[:unknown_one:]", "[:grinning:]"]
    assert [entry.message_type.value for entry in entries] == ["text"] * 5 + ["emoji"] * 2
    assert [row["type"] for row in scene.cluster.database["messages"].find({"channel_id": channel})][-1] == 3
    scene.judge().raise_if_broken()


@pytest.mark.parametrize(
    "fields",
    [
        {"content": "ha [:grinning:]", "message_type": "emoji"},
        {"content": "[:a:]" * 21, "message_type": "emoji"},
        {"content": "[:a:]" * 1_000 + "x"},
        {"content": f"[:{'a' * 5_000}:]"},
        {"content": f"[:{'a' * 33}:]", "message_type": "emoji"},
        {"content": "look", "extra": {"file_id": "f1"}},
    ],
    ids=["words", "many", "too long", "huge shortcode", "long shortcode", "with a file"],
)
def test_a_flood_or_a_mixture_is_refused_and_nothing_stored(scene: Scene, fields: dict[str, Any]) -> None:
    an, bo = scene.people("an", "bo")
    here, rest = scene.connect(an), scene.rest(an)
    content = fields.pop("content")
    assert len(content) <= MAX_TEXT_CHARS + 10

    with pytest.raises(RefusedError, match=r"^invalid"):
        here.send_text(None, content, to=bo, **fields)
    with pytest.raises(RefusedError, match=r"^invalid"):
        rest.send_to(bo, content, **fields)

    assert here.sync().conversations == []
