import base64
import io
import struct
import zlib
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from PIL import Image

from odoo import fields
from odoo.tests import tagged

from odoo.addons.helpdesk_contact_entra.models import photos

from ..photo import SIDE, make_photo
from .common import DirectoryCommon


def draw(color, size=(800, 600), kind="JPEG", **options):
    """Return a picture of one color as bytes."""
    content = io.BytesIO()
    Image.new("RGB", size, color).save(content, kind, **options)
    return content.getvalue()


def claim(width, height):
    """Return a PNG that claims to be of this size."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    end = struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + end


HOSTILE = {
    "nothing": b"",
    "page": b"<html><script>alert(1)</script></html>",
    "drawing": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "film": draw("red", kind="GIF"),
    "broken": draw("red")[:20],
    "bomb": claim(60_000, 60_000),
    "large": claim(5000, 5000),
}


@tagged("post_install", "-at_install")
class TestPhotos(DirectoryCommon):
    """Users' photos, only where they are wanted (C11)."""

    def setUp(self):
        super().setUp()
        self.directory.add("dora", "dora@huber.example")
        self.directory.photos["dora"] = draw("red")

    def synchronize_later(self, days=8):
        """Synchronize when photos are due again."""
        with freeze_time(fields.Datetime.now() + timedelta(days=days)):
            return self.synchronize()

    def get_photo_requests(self):
        return [r for r in self.directory.requests if "/photo/" in r]

    def get_color(self, address="dora@huber.example"):
        """Return the color of a contact's photo, None when there is none."""
        content = self.find(address).image_1920
        if not content:
            return None
        picture = Image.open(io.BytesIO(base64.b64decode(content)))
        pixel = picture.getpixel((9, 9))
        return ["red", "green", "blue"][pixel.index(max(pixel))]

    # -- what is asked for, and when ----------------------------------------------

    def test_off_unless_chosen(self):
        self.synchronize()
        self.assertFalse(self.get_photo_requests())
        self.assertIsNone(self.get_color())
        self.connection.photo_mode = "keep"
        self.synchronize("action_dry_run")
        self.assertFalse(self.get_photo_requests(), "a dry run changes nothing")
        run = self.synchronize()
        self.assertEqual((run.photo_read_count, run.photo_count), (1, 1))
        self.assertEqual(self.get_color(), "red")

    def test_photos_follow_the_directory(self):
        self.connection.photo_mode = "keep"
        self.directory.add("emil", "emil@huber.example")
        run = self.synchronize()
        self.assertEqual((run.photo_read_count, run.photo_count), (2, 1))
        self.assertEqual((run.state, run.conflict_count), ("done", 0))
        self.assertIsNone(self.get_color("emil@huber.example"))
        run = self.synchronize()
        self.assertEqual(run.photo_read_count, 0, "asked again too early")
        run = self.synchronize_later()
        self.assertEqual((run.photo_read_count, run.photo_count), (2, 0))
        self.directory.photos["dora"] = draw("blue")
        self.assertEqual(self.synchronize_later(16).photo_count, 1)
        self.assertEqual(self.get_color(), "blue")
        del self.directory.photos["dora"]
        self.synchronize_later(24)
        self.assertIsNone(self.get_color())

    def test_a_photo_set_here_is_kept_unless_chosen(self):
        dora = self.env["res.partner"].create(
            {
                "firstname": "Dora",
                "lastname": "Entra",
                "email": "dora@huber.example",
                "parent_id": self.customer.id,
                "image_1920": base64.b64encode(draw("green")),
            }
        )
        self.connection.photo_mode = "keep"
        run = self.synchronize()
        self.assertEqual((run.photo_count, run.kept_count), (0, 1))
        self.assertEqual(self.get_color(), "green")
        self.assertFalse(self.get_photo_requests(), "a photo that is of no use")
        self.connection.photo_mode = "overwrite"
        self.synchronize()
        self.assertEqual(self.get_color(), "red")
        # what an agent removes stays away, too
        dora.image_1920 = False
        self.connection.photo_mode = "keep"
        self.synchronize()
        self.assertIsNone(self.get_color())

    def test_a_run_asks_for_so_many_photos_only(self):
        self.connection.photo_mode = "keep"
        for number in range(4):
            self.directory.add(f"u{number}", f"u{number}@huber.example")
        with (
            patch.object(photos, "PHOTO_BATCH", 2),
            patch.object(photos, "MOST_PHOTOS", 3),
        ):
            run = self.synchronize()
            self.assertEqual((run.state, run.photo_read_count), ("done", 3))
            self.assertEqual(self.synchronize().photo_read_count, 2)
        self.assertEqual(len(set(self.get_photo_requests())), 5)

    # -- what goes wrong ----------------------------------------------------------

    def test_bytes_that_are_no_photo_are_refused(self):
        self.connection.photo_mode = "keep"
        for name, content in HOSTILE.items():
            self.directory.add(name, f"{name}@huber.example")
            self.directory.photos[name] = content
        run = self.synchronize()
        self.assertEqual(run.state, "done")
        self.assertEqual(set(run.line_ids.mapped("external_id")), set(HOSTILE))
        self.assertEqual(run.conflict_count, len(HOSTILE))
        self.assertIn("not a picture", run.line_ids[0].text)
        self.assertFalse(
            any(map(self.get_color, (f"{n}@huber.example" for n in HOSTILE)))
        )
        self.assertEqual(self.get_color(), "red")

    def test_an_answer_that_is_too_long_is_not_read(self):
        self.connection.photo_mode = "keep"
        self.directory.photos["dora"] = draw("red") + bytes(5 * 1024 * 1024)
        run = self.synchronize()
        self.assertEqual((run.state, run.line_ids.external_id), ("done", "dora"))
        self.assertIn("too long", run.line_ids.text)
        self.assertIsNone(self.get_color())

    def test_asked_to_wait_it_goes_on_where_it_was(self):
        self.connection.photo_mode = "keep"
        self.directory.add("emil", "emil@huber.example")
        self.directory.photos["emil"] = draw("blue")
        body = {"error": {"code": "TooManyRequests", "message": "slow"}}
        self.directory.failures["/users/emil"] = (429, {"Retry-After": "600"}, body)
        before = fields.Datetime.now()
        run = self.synchronize()
        self.assertEqual((run.state, run.phase), ("running", "photos"))
        self.assertGreaterEqual(run.next_date, before + timedelta(seconds=599))
        self.assertEqual(self.get_color(), "red", "what came before is kept")
        self.assertTrue(self.connection.delta_link, "so are the contacts")
        with freeze_time(run.next_date + timedelta(seconds=1)):
            self.run_cron()
        self.assertEqual((run.state, run.photo_count), ("done", 2))
        self.assertEqual(self.get_color("emil@huber.example"), "blue")
        dora = [r for r in self.get_photo_requests() if "dora" in r]
        self.assertEqual(len(dora), 1)

    def test_photos_that_are_refused_keep_no_contact_away(self):
        self.connection.photo_mode = "keep"
        body = {"error": {"code": "ErrorAccessDenied", "message": "no"}}
        names = ["dora", *(f"u{number}" for number in range(7))]
        for name in names[1:]:
            self.directory.add(name, f"{name}@huber.example")
        for name in names:
            self.directory.failures[f"/users/{name}/"] = (403, {}, body)
        run = self.synchronize()
        self.assertEqual((run.state, run.create_count), ("done", 8))
        self.assertEqual(run.photo_read_count, 5, "it is of no use to ask for all")
        self.assertIn("User.Read.All", run.line_ids[0].text)
        self.directory.failures = {}
        run = self.synchronize()
        self.assertEqual(run.photo_read_count, 3, "the others are asked at once")
        run = self.synchronize_later(2)
        self.assertEqual((run.photo_read_count, run.photo_count), (5, 1))

    def test_a_server_that_fails_ends_the_photos_of_a_run(self):
        self.connection.photo_mode = "keep"
        self.directory.add("emil", "emil@huber.example")
        self.directory.failures["/users/dora"] = (500, {}, {})
        run = self.synchronize()
        self.assertEqual((run.state, run.photo_read_count), ("done", 1))
        self.assertIn("cannot be reached", run.line_ids.text)
        self.assertFalse(self.connection.error_kind)

    # -- the picture --------------------------------------------------------------

    def test_a_photo_is_made_anew(self):
        exif = Image.Exif()
        exif[0x010E] = "a secret place"
        content = make_photo(draw("red", (1200, 600), exif=exif) + b"<script>")
        picture = Image.open(io.BytesIO(content))
        self.assertEqual((picture.format, picture.size), ("JPEG", (SIDE, SIDE // 2)))
        self.assertFalse(picture.getexif())
        self.assertNotIn(b"secret", content)
        self.assertNotIn(b"script", content)
