import base64
import json
import os
import re
import signal
import sys
import time
from dataclasses import asdict
from datetime import datetime
from email import message_from_bytes, policy
from unittest.mock import patch

import psutil

from odoo.tests import BaseCase, tagged
from odoo.tools import mute_logger

from odoo.addons.helpdesk_contact.tests.common import count_steps

from ..reading import process
from ..reading.charset import decode_bytes
from ..reading.child import RECURSION
from ..reading.content import read_content
from ..reading.facts import Facts, read_facts
from ..reading.fields import decode_value, parse_addresses
from ..reading.head import read_head
from ..reading.html_body import clean_html, html_to_text
from ..reading.parts import clean_filename
from ..reading.write import write_mail
from .common import plain_mail
from .hostile_mails import (
    TINY_PNG,
    crashing,
    file_part,
    html_mail,
    mail,
    multipart,
    slow,
    text_part,
)

PROCESS = "odoo.addons.helpdesk_email_collector.reading.process"


def fields(head):
    """Return the fields of a head, with their texts."""
    return [(name, decode_value(name, value)) for name, value in read_head(head)[0]]


@tagged("post_install", "-at_install")
class TestReading(BaseCase):
    """E09: what the reading of a mail makes of odd ones, without a database."""

    # -- head ------------------------------------------------------------------

    def test_folded_line_without_blank(self):
        """E09: a folded line that lost its blank does not end the head."""
        head = b"Received: a\r\nby b\r\nSubject: Hi\r\nFrom: a@b.example\r\n\r\nbody"
        self.assertIn(("Subject", "Hi"), fields(head))
        self.assertIn(("Received", "a by b"), fields(head))
        self.assertEqual(head[read_head(head)[1] :], b"body")

    def test_missing_empty_line(self):
        """E09: without an empty line the text begins where no field is."""
        head = b"Subject: Hi\nHello you\nBye: now\n\nmore"
        self.assertEqual(fields(head), [("Subject", "Hi")])
        self.assertEqual(head[read_head(head)[1] :], b"Hello you\nBye: now\n\nmore")

    def test_header_injection(self):
        """rel-C5: line ends and NUL of encoded words do not survive."""
        for name in ("Subject", "From", "X-Any"):
            value = b"=?utf-8?q?a=0D=0ABcc:_x@y.example=00?= <a@b.example>"
            self.assertNotRegex(decode_value(name, value), r"[\x00-\x1f]")

    def test_addresses(self):
        """E09, rel-D3: odd address fields give the addresses that are there."""
        for text, expected in (
            ("Staff: a@b.example, C <c@d.example>;", ["a@b.example", "c@d.example"]),
            ("=?utf-8?q?M=C3=BCller=2C_A?= <a@b.example>", ["a@b.example"]),
            ("=?utf-8?q?A_<a@b.example>?=", ["a@b.example"]),
            ("=?utf-8?q?boss@corp.example=2C?= <evil@x.example>", ["evil@x.example"]),
            ('"boss@corp.example" <evil@x.example>', ["evil@x.example"]),
            ("boss@corp.example <evil@x.example>", ["evil@x.example"]),
            ("Anna a@b.example", ["a@b.example"]),
            ("<>", []),
            ("undisclosed-recipients:;", []),
        ):
            found = [address for _name, address in parse_addresses(text.encode())]
            self.assertEqual(found, expected, text)

    # -- charsets --------------------------------------------------------------

    def test_charsets(self):
        """E09: undeclared, unknown and wrong charsets are recognised."""
        german = "Grüße aus München"
        russian = "Здравствуйте, принтер не работает. Пожалуйста, помогите нам"
        japanese = "こんにちは、プリンターが動きません。助けてください"
        for text, codec, declared in (
            (german, "cp1252", None),
            (german, "cp1252", "klingon"),
            (german, "cp1252", "utf-8"),
            (german, "utf-8", "iso-8859-1"),
            (german, "utf-8", None),
            (german, "cp1252", "us-ascii"),
            ("“100 €”", "cp1252", "iso-8859-1"),
            (russian, "koi8-r", None),
            (russian, "cp1251", "utf-8"),
            (japanese, "iso2022_jp", "iso-2022-jp"),
            (japanese, "shift_jis", "shift_jis"),
            ("您好，打印机坏了", "gb18030", "gb2312"),
            ("a\0b\x08c", "utf-8", "utf-8"),
        ):
            found = decode_bytes(text.encode(codec), declared)
            self.assertEqual(found, text.replace("\0", "").replace("\x08", ""))

    # -- html ------------------------------------------------------------------

    def test_active_html(self):
        """rel-C2: nothing that acts, hides or calls is written out."""
        html, _images = clean_html(
            '<base href="https://e.example"><meta http-equiv="refresh"><p onclick='
            '"x()" style="position:fixed;color:red;background:url(https://e.example)">Text</p>'
            '<style>@import "https://e.example";</style><script>evil()</script>'
            '<a href="java&#10;script:evil()">a</a>'
            '<a href="&#106;avascript:evil()">b</a>'
            '<a href=" data:text/html,x">c</a><a href="/web/session/logout">d</a>'
            '<iframe src="https://e.example">x</iframe><form action="/web"><input '
            'value="v"></form><svg onload="evil()"><a href="x">y</a></svg><img src=x '
            'onerror="evil()"><a href="https://ok.example">ok</a><math><mi>z</mi></math>'
        )
        acting = "evil|iframe|form|meta|base|position|import|script|on(click|error)"
        self.assertNotRegex(html, f"{acting}|svg|data:|logout|url")
        self.assertIn('<p style="color:red">Text</p>', html)
        self.assertIn(
            '<a href="https://ok.example" target="_blank" rel="noopener noreferrer">',
            html,
        )

    def test_html_stays(self):
        """E09: what is harmless stays as it is."""
        html = (
            '<div><p align="center"><b>Bold</b> &amp; <i>italic</i><br>next</p><table '
            'border="1"><tr><td colspan="2">cell</td></tr></table><ul><li>one</li></ul>'
            '<pre>kept</pre><img src="cid:a@b" width="3"></div>'
        )
        self.assertEqual(clean_html(html)[0], html)
        self.assertEqual(
            html_to_text(html), "Bold & italic\nnext\n\ncell\n\none\n\nkept"
        )

    def test_pictures_in_html(self):
        """E09: a picture that the html itself holds becomes a file."""
        data = base64.b64encode(TINY_PNG).decode()
        found = read_content(
            html_mail("x", f'<p>See <img src="data:image/png;base64,{data}"></p>')
        )
        self.assertEqual([file.data for file in found.attachments], [TINY_PNG])
        self.assertIn(f'src="cid:{found.attachments[0].cid}"', found.html)

    # -- parts -----------------------------------------------------------------

    def test_file_names(self):
        """rel-C4, E09: a name is never a path, and never too long."""
        for name, expected in (
            ("../../etc/passwd", "passwd"),
            ("C:\\Windows\\x.exe", "x.exe"),
            ("..", ""),
            ("a\r\nb\0.txt", "a b .txt"),
            ("x" * 500 + ".pdf", "x" * 176 + ".pdf"),
            ("<img src=x>.png", "<img src=x>.png"),
            ("txt.\u202egpj.exe", "txt. gpj.exe"),
        ):
            self.assertEqual(clean_filename(name), expected)

    def test_every_part_is_kept(self):
        """E09: inline, nameless, nested and doubly named files are all there."""
        inner = multipart(
            text_part("inner"),
            file_part("same.bin", b"one"),
            file_part("same.bin", b"two"),
            b"Content-Type: image/png\r\nContent-ID: <p@x>\r\n\r\nraw",
            "Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR",
            "Content-Type: text/csv; charset=latin-1\r\n\r\na;b",
            boundary="i",
        )
        found = read_content(mail("x", multipart(text_part(), inner)))
        self.assertEqual(found.text, "Hello\n\ninner")
        self.assertEqual(
            [(file.name, file.data) for file in found.attachments],
            [
                ("same.bin", b"one"),
                ("same.bin", b"two"),
                ("attachment-3.png", b"raw"),
                ("invite.ics", b"BEGIN:VCALENDAR"),
                ("attachment-5.csv", b"a;b"),
            ],
        )

    def test_attached_mail(self):
        """rel-C8: an attached mail is one file, and the text stays the customer's."""
        inner = html_mail("Inner / subject", "<p>Not the customer's</p>")
        part = b"Content-Type: message/rfc822\r\n\r\n" + inner
        found = read_content(mail("x", multipart(text_part("Mine"), part)))
        self.assertEqual((found.text, found.html), ("Mine", ""))
        file = found.attachments[0]
        self.assertEqual((file.name, file.data), ("Inner - subject.eml", inner))

    def test_alternatives(self):
        """E09: the html counts, unless it shows nothing."""
        plain, rich = text_part("plain"), "Content-Type: text/html\r\n\r\n"
        found = read_content(
            mail("x", multipart(plain, rich + "<p>rich</p>", kind="alternative"))
        )
        self.assertEqual((found.text, found.html), ("plain", "<p>rich</p>"))
        found = read_content(
            mail("x", multipart(plain, rich + "<p>&nbsp;</p>", kind="alternative"))
        )
        self.assertEqual((found.text, found.html), ("plain", ""))

    def test_boundaries(self):
        """E09: a boundary that is missing, wrong or never closed loses nothing."""
        for head, body in (
            ("multipart/mixed", "--b\r\n%s\r\n--b\r\n%s\r\n--b--"),
            ("multipart/mixed; boundary=x", "--b\r\n%s\r\n--b\r\n%s\r\n--b--"),
            ("multipart/mixed; boundary=b", "--b\r\n%s\r\n--b\r\n%s"),
        ):
            body = body % (text_part("one"), file_part("f", b"two").decode())
            found = read_content(mail("x", f"Content-Type: {head}\r\n\r\n{body}"))
            self.assertEqual(found.text, "one", head)
            self.assertEqual([file.data for file in found.attachments], [b"two"])

    def test_wrong_labels(self):
        """E09: what is not encoded as it says, or in formats of old, can be read."""
        for head, body, expected in (
            (
                "text/plain\r\nContent-Transfer-Encoding: base64",
                "Hi, it is so.",
                "Hi, it is so.",
            ),
            (
                "text/plain\r\nContent-Transfer-Encoding: base64",
                "SGksIGl0\r\nIGlz",
                "Hi, it is",
            ),
            ("text/plain\r\nContent-Transfer-Encoding: base64", "SGksI!Gl0", "Hi, it"),
            ("html", "<p>Hi</p>", "<p>Hi</p>"),
            ("application/xhtml+xml", "<p>Hi</p>", "<p>Hi</p>"),
            ("text/markdown", "*Hi*", "*Hi*"),
            ("text/x-plain", "Hi", "Hi"),
            (
                "text/enriched",
                "<bold>Hi</bold> <<you>\r\nall\r\n\r\n<param>x</param>Bye",
                "Hi <you> all\nBye",
            ),
        ):
            found = read_content(mail("x", f"Content-Type: {head}\r\n\r\n{body}"))
            self.assertEqual(found.html or found.text, expected)
            self.assertFalse(found.attachments)

    def test_hidden_html(self):
        """E09: html that hides all of its text leaves the plain text to be shown."""
        for style, expected in (
            ("display: none", ""),
            ("visibility:hidden", ""),
            ("color:red", "Rich"),
        ):
            rich = f'Content-Type: text/html\r\n\r\n<div style="{style}">Rich<br></div>'
            found = read_content(
                mail("x", multipart(text_part(), rich, kind="alternative"))
            )
            self.assertEqual("Rich" in found.html, bool(expected), style)
            self.assertIn("Hello", found.text)

    def test_alternatives_of_programs(self):
        """E09: what Gmail or a watch alone shows is no file; a card or a table is."""
        amp = "Content-Type: text/x-amp-html\r\n\r\n<html amp4email></html>"
        rich = "Content-Type: text/html\r\n\r\n<p>Rich</p>"
        found = read_content(
            mail("x", multipart(text_part(), amp, rich, kind="alternative"))
        )
        self.assertEqual((found.html, found.attachments), ("<p>Rich</p>", []))
        for kind, name in (("text/vcard", ".vcf"), ("text/csv", ".csv")):
            part = f"Content-Type: {kind}\r\n\r\na,b"
            found = read_content(mail("x", multipart(text_part(), part)))
            self.assertEqual(found.text, "Hello")
            self.assertTrue(found.attachments[0].name.endswith(name))

    def test_invitation(self):
        """E09: an invitation that says nothing else is shown in words."""
        calendar = (
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Visit\\, floor\r\n  two\r\n"
            "DTSTART;TZID=Europe/Berlin:20261122T100000\r\nEND:VEVENT\r\n"
        )
        found = read_content(
            mail("x", f"Content-Type: text/calendar\r\n\r\n{calendar}")
        )
        self.assertEqual(
            found.text,
            "Event: Visit, floor two\n"
            "When: Sunday, November 22, 2026, 10:00 AM (Europe/Berlin)",
        )
        self.assertEqual([file.name for file in found.attachments], ["invite.ics"])

    def test_slow_kinds_cost_what_they_are_long(self):
        """rel-C1: twice as much of it takes at most about twice as many steps.

        Smaller ones, so that no limit ends the growth.
        """
        self.addCleanup(sys.setrecursionlimit, sys.getrecursionlimit())
        sys.setrecursionlimit(RECURSION)  # as the process has that reads mails
        half, whole = slow(0.05), slow(0.1)
        for name in whole:
            steps = [
                count_steps(lambda raw=raw: write_mail(read_content(raw), "<1@x>"))
                for raw in (half[name], whole[name])
            ]
            with self.subTest(name):
                self.assertLess(steps[1], 2.2 * steps[0])

    def test_limits_of_attachments(self):
        """rel-C7: what is beyond the limits is left out and named."""
        raw = mail("x", multipart(*[file_part(f"f{n}", b"1234") for n in range(5)]))
        self.assertFalse(read_content(raw).notes)
        for limits, kept in (({"max_count": 2}, 2), ({"max_bytes": 12}, 3)):
            found = read_content(raw, **limits)
            self.assertEqual(len(found.attachments), kept)
            self.assertEqual(found.notes[0][0], "dropped")
            self.assertEqual(found.notes[0][1]["count"], 5 - kept)

    # -- the child process -----------------------------------------------------

    def test_written_anew(self):
        """E09: any program reads the result as what it is, byte for byte."""
        data = bytes(range(256))
        raw = mail(
            "=?utf-8?q?Gr=C3=BC=C3=9Fe?=",
            multipart(
                text_part("Text\r\n"),
                file_part("ä/b.txt", data, "text/plain; charset=utf-8"),
            ),
        )
        message = message_from_bytes(
            process.read_mail(raw, "<1@x>").data, policy=policy.SMTP
        )
        self.assertEqual(message["Subject"], "Grüße")
        self.assertEqual(message["From"], "Anna <anna@huber.example>")
        self.assertEqual(message["Message-ID"], "<1@x>")
        text, file = message.iter_parts()
        self.assertEqual(text.get_content(), "Text\n")
        self.assertEqual(file.get_filename(), "b.txt")
        self.assertEqual(file.get_content().encode("latin-1"), data)

    def test_delivery_report(self):
        """E07, E09: a bounce stays one, with what it is about."""
        report = multipart(
            text_part("Not delivered"),
            "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
            "Final-Recipient: rfc822; gone@x.example\r\nStatus: 5.1.1",
            b"Content-Type: message/rfc822\r\n\r\n" + plain_mail(message_id="<m@x>"),
            kind='report; report-type="delivery-status"',
        )
        message = message_from_bytes(
            process.read_mail(mail("x", report), "<1@x>").data, policy=policy.SMTP
        )
        self.assertEqual(message.get_content_type(), "multipart/report")
        self.assertEqual(message.get_param("report-type"), "delivery-status")
        _text, status, returned = message.iter_parts()
        self.assertIn("gone@x.example", status.get_payload()[1]["Final-Recipient"])
        self.assertIn("<m@x>", returned.get_content())

    def test_child_is_kept_and_replaced(self):
        """rel-C1: one process serves many mails; a dead one is replaced, and reaped."""
        process.read_mail(plain_mail(), "<1@x>")
        child = process._idle[0].process
        process.read_mail(plain_mail(), "<2@x>")
        self.assertIs(process._idle[0].process, child)
        child.kill()
        child.wait()
        self.assertFalse(process.read_mail(plain_mail(), "<3@x>").error)
        self.assertIsNot(process._idle[0].process, child)

    def _asked(self, *texts, **limits):
        """Return mails to be taken apart."""
        return [(plain_mail(text, body=f"Text {text}"), limits) for text in texts]

    def test_one_process_reads_many(self):
        """E05: it is asked once about several mails, and each gets its own answer."""
        process.read_mail(plain_mail("One"), "<1@x>")
        child = process._idle[0].process
        with patch.object(
            process.Reader, "begin", autospec=True, side_effect=process.Reader.begin
        ) as begin:
            texts = [
                reading.text for reading in process.take_apart(self._asked("2", "3"))
            ]
        self.assertEqual([text.strip() for text in texts], ["Text 2", "Text 3"])
        self.assertEqual(begin.call_count, 1)
        self.assertIs(process._idle[0].process, child)
        self.assertEqual(list(process.take_apart([])), [])
        self.assertIs(process._idle[0].process, child)

    def test_heads_and_mails(self):
        """E05, E09: of some of them only the head is looked at; no pipe holds what is
        asked and answered."""
        large = "xx\n" * 100_000
        raws = [plain_mail(text, body=f"{text} {large}") for text in ("A", "B", "C")]
        limits = {"seconds": 600}
        mails = list(zip(raws, (limits, None, {**limits, "max_count": 1}), strict=True))
        first, head, last = process.take_apart(mails)
        self.assertTrue(first.text.startswith("A xx"))
        self.assertEqual((head.facts.subject, head.text), ("B", ""))
        self.assertTrue(last.text.startswith("C xx"))

    def test_not_all_are_wanted(self):
        """E05: who asks for no more leaves no answers to the next one."""
        mails = process.take_apart(self._asked("One", "Two", "Three"))
        self.assertIn("Text One", next(mails).text)
        seen = process.look_at_mail(plain_mail("Other", body="Other text"))
        self.assertIn("Other text", seen.text)
        self.assertIn("Text Two", next(mails).text)
        mails.close()
        seen = process.look_at_mail(plain_mail("Other", body="Last text"))
        self.assertIn("Last text", seen.text)

    @mute_logger(PROCESS)
    def test_process_is_lost_among_mails(self):
        """rel-C1: who ends the process costs no mail anything."""
        mails = process.take_apart(self._asked("One", "Two", "Three"))
        readings = [next(mails)]
        receive, kills = process.Reader.receive, iter([True])

        def lose(reader, deadline):
            if next(kills, False):
                reader.process.kill()
                reader.process.wait()
                reader.process.stdout.read()  # what it had answered
            return receive(reader, deadline)

        with patch.object(process.Reader, "receive", lose):
            readings += mails
        self.assertEqual(
            [(reading.text.strip(), reading.error) for reading in readings],
            [("Text One", ""), ("Text Two", ""), ("Text Three", "")],
        )

    @mute_logger(PROCESS)
    def test_one_of_several_takes_too_much(self):
        """rel-C1, rel-C7: a mail that ends the process costs the others nothing."""
        large = html_mail("Large", "<p>" + "x" * 30_000_000)
        slow = html_mail("Slow", "<b>x</b>" * 200_000)
        asked = self._asked("One", "Two", "Three", megabytes=60)
        asked.insert(1, (large, {"megabytes": 60}))
        asked.insert(3, (slow, {"megabytes": 60, "seconds": 0}))
        one, much, two, late, three = process.take_apart(asked)
        self.assertIn(much.error, ("memory", "crash"))
        self.assertEqual(much.files, [("original.eml", large, {})])
        self.assertEqual(much.facts.subject, "Large")
        self.assertTrue(late.error)
        self.assertEqual(late.facts.subject, "Slow")
        for reading, text in ((one, "One"), (two, "Two"), (three, "Three")):
            self.assertEqual(
                (reading.text.strip(), reading.error), (f"Text {text}", "")
            )

    def test_child_knows_nothing(self):
        """E09: neither Odoo, nor a password of the environment, is in the process."""
        process.read_mail(plain_mail(), "<1@x>")
        pid = process._idle[0].process.pid
        with open(f"/proc/{pid}/maps") as maps:
            self.assertNotIn("psycopg2", maps.read())
        with open(f"/proc/{pid}/environ") as environment:
            self.assertNotRegex(environment.read(), "(?i)pass|PG")

    def test_answer_of_other_types(self):
        """E09: whoever got hold of the process can make Odoo hold nothing but texts,
        numbers and moments where these belong."""
        raw = plain_mail(date="Fri, 27 Nov 2020 10:00:00 +0100")
        good = json.loads(json.dumps(asdict(read_facts(raw)), default=str))
        facts = process.thaw(good, Facts)
        self.assertEqual(facts.people["From"], (("Anna", "anna@huber.example"),))
        self.assertEqual(facts.date, datetime(2020, 11, 27, 9))
        for values in (
            {"subject": None},
            {"subject": ["x"]},
            {"named": "abc"},
            {"to": [["a"]]},
            {"date": 7},
            {"date": "x"},
            {"like_report": "yes"},
            {"author": {"name": "x", "odd": "y"}},
            {"odd": "x"},
            {"people": []},
        ):
            with self.subTest(values), self.assertRaises(process.NO_ANSWER):
                process.thaw({**good, **values}, Facts)
        self.assertTrue(process.thaw({"facts": good}, process.Reading).facts)
        with self.assertRaises(process.NO_ANSWER):
            process.thaw({"facts": good, "files": []}, process.Reading)

    @mute_logger(PROCESS)
    def test_odd_answers(self):
        """E09: an answer that is none is as good as no answer."""
        for answer in (b"{}", b"[1]", b'{"html": 7}', b"[" * 100_000, b"\xff"):
            reader = process.Reader(process.MEGABYTES)
            parts = [process.FRAME.pack(len(answer), 0), answer, b""]
            with (
                self.subTest(answer[:20]),
                patch.object(reader, "_receive", side_effect=parts),
                patch.object(process, "_take", return_value=reader),
            ):
                [reading] = process.take_apart([(plain_mail(), None)])
                self.assertEqual(reading.error, "broken")
            reader.end()

    @mute_logger(PROCESS)
    def test_time_and_memory(self):
        """rel-C1, rel-C7: a mail that takes too much gets its plain form."""
        slow = html_mail("Slow", "<b>x</b>" * 200_000)
        large = html_mail("Slow", "<p>" + "x" * 30_000_000)
        for raw, limits, error in (
            (slow, {"seconds": 0}, "time"),
            (large, {"megabytes": 60}, "memory"),
        ):
            reading = process.read_mail(raw, "<1@x>", **limits)
            self.assertIn(reading.error, (error, "crash"))
            self.assertEqual(reading.notes, (("unreadable", {}),))
            message = message_from_bytes(reading.data, policy=policy.SMTP)
            self.assertEqual(message["Subject"], "Slow")
            self.assertEqual(message["From"], "Anna <anna@huber.example>")
            file = next(message.iter_attachments())
            self.assertEqual(file.get_content(), raw)
        self.assertFalse(process.read_mail(plain_mail(), "<2@x>").error)

    def test_limits_of_the_kernel(self):
        """rel-C1, rel-C7: they hold also while C code does not look at the clock."""
        reader = process.Reader(500)
        self.addCleanup(reader.end)
        request = {"form": process.PARTS, "seconds": 7, "limits": {}}
        reader.begin([(request, plain_mail())], time.monotonic() + 600)
        reader.receive(time.monotonic() + 600)
        with open(f"/proc/{reader.process.pid}/limits") as file:
            limits = dict(re.findall(r"Max (\w+ \w+)\s+(\d+)", file.read()))
        self.assertEqual(int(limits["address space"]), 500 * 1024 * 1024)
        times = psutil.Process(reader.process.pid).cpu_times()
        limit = int(limits["cpu time"]) - 8  # a second more than it was given
        self.assertIn(limit, range(int(times.user + times.system) + 1))
        # an answer that no pipe holds, so that it cannot have ended before
        raw = plain_mail(body="x" * 300_000)
        reader.begin([(request, raw)], time.monotonic() + 600)
        os.kill(reader.process.pid, signal.SIGXCPU)
        with self.assertRaises(EOFError) as caught:
            reader.receive(time.monotonic() + 600)
        self.assertEqual(reader.explain(caught.exception), "time")

    def test_log_holds_no_text(self):
        """rel-I1: what is logged about a mail is its size and the kind of fault."""
        slow = html_mail("Secret subject", "<b>secret text</b>" * 100_000)
        with self.assertLogs(PROCESS, "INFO") as logs:
            process.read_mail(slow, "<1@x>", seconds=0)
        self.assertNotIn("ecret", "".join(logs.output))

    def test_crashing_kinds_in_the_child(self):
        """rel-C1: no known kind of broken mail needs the plain form."""
        for name, raw in crashing().items():
            self.assertFalse(process.read_mail(raw, "<1@x>").error, name)
