"""A picture is as small as the helpdesk wants it, and sharp where it can be."""

import base64

from PIL import Image

from helpdesk_workstation import screenshot


def test_small_enough_stays_sharp():
    picture = Image.new("RGB", (800, 600), "white")
    content = base64.b64decode(screenshot.encode(picture))
    assert content.startswith(b"\x89PNG")
    assert screenshot.decode(screenshot.encode(picture)).size == (800, 600)


def test_too_large_is_made_smaller():
    noise = Image.effect_noise((900, 700), 200).convert("RGB")
    for limit in (150_000, 20_000):
        content = base64.b64decode(screenshot.encode(noise, limit))
        assert content.startswith(b"\xff\xd8\xff")
        assert len(content) <= limit


def test_preview():
    picture = Image.new("RGB", (3840, 1080), "blue")
    small = screenshot.decode(screenshot.shrink(picture, 480, 200))
    assert small.size == (480, 135)
    assert picture.size == (3840, 1080)
