"""The providers, as data: complete, and recognised by every address of theirs that people paste."""

from __future__ import annotations

import tomllib

import pytest

from consentkit.consent.services import Service
from consentkit.embeds.addresses import is_inside
from consentkit.embeds.addresses import parse_address
from consentkit.embeds.catalogue import Shape
from consentkit.embeds.catalogue import catalogue
from consentkit.embeds.catalogue import declaration

NAMES = [
    "youtube",
    "vimeo",
    "dailymotion",
    "rutube",
    "vk-video",
    "x",
    "instagram",
    "threads",
    "facebook",
    "tiktok",
    "telegram",
    "bluesky",
    "mastodon",
    "reddit",
    "spotify",
    "soundcloud",
    "apple-podcasts",
    "google-maps",
    "openstreetmap",
    "datawrapper",
    "flourish",
    "infogram",
]


def test_all_of_them_are_there() -> None:
    """In the order of the issue."""
    assert list(catalogue().providers) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_frames_are_loaded_from_declared_hosts(name: str) -> None:
    """What the declaration names first is where every frame comes from, over https: it is what `frame-src` gets."""
    provider = catalogue().providers[name]
    for form in provider.forms:
        if form.frame and not provider.many_hosts:
            address = parse_address(form.frame)
            assert address is not None
            assert address.scheme == "https"
            assert address.host == provider.hosts[0]


@pytest.mark.parametrize("name", NAMES)
def test_each_can_be_declared_as_printed(name: str) -> None:
    """A service of the site's file."""
    (service,) = tomllib.loads(declaration(catalogue().providers[name]))["services"]
    assert Service.model_validate(service).id == name


@pytest.mark.parametrize("name", NAMES)
def test_the_frame_leads_back_to_itself(name: str) -> None:
    """A frame's address, and a link, are recognised again and give the same frame."""
    provider = catalogue().providers[name]
    parts = {"id": "1234567890123", "hash": "0a1b2c3d4e5f", "user": "someone", "owner": "-123", "host": "a.example"}
    parts |= {"kind": {"instagram": "p", "flourish": "story", "spotify": "track"}.get(name, "video"), "list": "a" * 12}
    parts |= {"page": "paper", "slug": "a-title", "sub": "news", "comment": "abcdef", "actor": "did:plc:abcdefgh"}
    parts |= {"area": "kz", "episode": "1234567890", "p": "a" * 12, "player": "xabc", "channel": "some_channel"}
    parts |= {"track": "wind", "version": "2", "pb": "!1m2!2d76.9!3d43.2", "key": "k" * 30, "q": "Akzhar"}
    parts |= {"bbox": "1,2,3,4", "marker": "1,2", "name": "group", "mode": "place", "chart": "a-chart-1h2"}
    special = {"rutube": "0" * 32, "spotify": "a" * 22, "datawrapper": "aBcDe", "reddit": "1abcde", "vk-video": "456"}
    special |= {"apple-podcasts": "1234567890", "vimeo": "12345678", "dailymotion": "x8abcd", "telegram": "12"}
    special |= {"flourish": "123456", "bluesky": "3kabcdefghi2j", "youtube": "aBcDeFgHiJk"}
    parts["id"] = special.get(name, parts["id"])
    if name == "spotify":
        parts |= {"list": "album", "area": "intl-de"}
    if name == "facebook":
        parts["kind"] = "posts"
    for form in provider.forms:
        for text in form.match if form.frame else ():
            address = parse_address("https://" + text.removesuffix("/*").format(**parts))
            assert address is not None, text
            found = catalogue().recognise(address)
            assert found is not None, text
            assert found.provider is provider, text
            frame = parse_address(found.frame)
            assert frame is not None
            again = catalogue().recognise(frame)
            assert again is not None, found.frame
            assert again.frame == found.frame


@pytest.mark.parametrize(
    ("given", "start"),
    [
        ("t=90", "90"),
        ("t=90s", "90"),
        ("t=1m30s", "90"),
        ("t=1h", "3600"),
        ("t=1h2m3s", "3723"),
        ("start=7&end=9", "7"),
    ],
)
def test_a_video_starts_where_the_link_says(given: str, start: str) -> None:
    """In seconds, which is all that the frame understands."""
    address = parse_address(f"https://youtu.be/aBcDeFgHiJk?{given}")
    assert address is not None
    found = catalogue().recognise(address)
    assert found is not None
    assert parse_address(found.frame).query["start"] == start  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "address",
    [
        "https://www.youtube.com/@channel",
        "https://x.com/someone",
        "https://t.me/channel",
        "https://vm.tiktok.com/ZM/",
        "https://www.youtube.com/embed/subscribe_widget",
        "https://soundcloud.com/pages/privacy",
        "https://soundcloud.com/someone/followers/",
        "https://infogram.com/pricing",
        "https://youtube.com.evil.example/embed/aBcDeFgHiJk",
        "https://evilyoutube.com/embed/aBcDeFgHiJk",
        "https://www.facebook.com/plugins/post.php?href=https%3A%2F%2Fevil.example%2Fposts%2F1",
    ],
)
def test_other_addresses_are_not_recognised(address: str) -> None:
    """Pages that have no frame, and hosts that only look alike."""
    parsed = parse_address(address)
    assert parsed is not None
    assert catalogue().recognise(parsed) is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "/x",
        "javascript:x",
        "data:x",
        "https:x",
        "https:///x",
        "https://a@b.example",
        "https://b.example:x/",
        "https://\\b.example",
        "https://b.example\\@c.example",
        "https://é.example",
        "https://%65.example",
        "https://[::x",
        "https://b_.example:99999/",
        "ftp://b.example",
        "https://" + "a" * 5000,
    ],
)
def test_addresses_that_can_be_read_in_two_ways_are_refused(value: str) -> None:
    """Nothing that a browser may take for another host."""
    assert parse_address(value) is None


@pytest.mark.parametrize(
    "value", ["//b.example", "/\\b.example", "\\\\b.example", "x:y", "\t//b.example", "jav\nascript:x"]
)
def test_only_what_names_no_host_is_inside(value: str) -> None:
    """As a browser reads it, without tabs and line breaks."""
    assert not is_inside(value)
    assert is_inside("/own/page?x=1")
    assert is_inside("own.html#//b.example")


def test_shapes() -> None:
    """A ratio or a height."""
    assert Shape.parse("16:9") == (16, 9)
    assert Shape.parse("352") == (0, 352)
    for wrong in ("", "0", "16:", "x:y", "-1"):
        with pytest.raises(ValueError, match=r".+"):
            Shape.parse(wrong)
