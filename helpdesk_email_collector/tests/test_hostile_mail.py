import contextlib
import os
import re
import select
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

from lxml import html

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import mute_logger, new_test_user, tagged

from ..reading import process
from ..reading.html_body import MAX_ELEMENTS, MAX_HTML
from ..reading.text_body import MAX_TEXT
from .common import CollectorCommon, plain_mail
from .hostile_mails import (
    TINY_PNG,
    crashing,
    file_part,
    gzip_bomb,
    html_mail,
    mail,
    multipart,
    png,
    slow,
    text_part,
    zip_bomb,
)

PROCESS = "odoo.addons.helpdesk_email_collector.reading.process"
ELEMENT = re.compile(r"<[a-z]")
# What the worker of Odoo may grow by, in KiB as the kernel counts (rel-C7).
MAX_GROWTH = 200 * 1024


@tagged("post_install", "-at_install")
class TestHostileMail(CollectorCommon):
    """E09: whatever somebody sends is a ticket, or refused by name; nothing fails."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.helpdesk_notify_partner = False  # what goes out is another test's
        # no mail gets its plain form here because the machine is busy
        cls.env["ir.config_parameter"].set_param(
            "helpdesk_email_collector.reading_seconds", "600"
        )

    def _take(self, raw):
        """Return the ticket of a mail."""
        row = self._receive(raw)
        self.assertEqual((row.state, row.error), ("done", False))
        return row.ticket_id

    def _check(self, mails):
        """Process mails one by one; none may fail, or give Odoo too much to do."""
        for name, raw in mails.items():
            # the address of nobody: one row each, whatever their Message-ID
            row = self._store(b"X-Kind: " + name.encode() + b"\r\n" + raw)
            readings = []

            def take_apart(mails, found=readings, known=process.take_apart):
                for reading in known(mails):
                    found.append(reading)
                    yield reading

            with patch(f"{PROCESS}.take_apart", take_apart):
                self._process()
            with self.subTest(name):
                self.assertIn(row.state, ("done", "ignored"), row.error)
                self.assertTrue(row.ticket_id or row.reason_code != "created")
                self._check_bounds(*readings)

    def _check_bounds(self, reading):
        """A mail was read, and what Odoo gets of it is bounded: its own code takes more
        time for some html than it is long."""
        self.assertFalse(reading.error)
        self.assertLessEqual(len(reading.html), MAX_HTML)
        self.assertLessEqual(len(ELEMENT.findall(reading.html)), MAX_ELEMENTS)
        self.assertLessEqual(len(reading.text), max(MAX_TEXT, len(reading.html)))

    def test_crashing_kinds(self):
        """rel-C1: what makes stock Odoo fail becomes a ticket or a named refusal."""
        self._check(crashing())
        tickets = self._rows().ticket_id
        self.assertGreater(len(tickets), 15)
        self.assertFalse(tickets.filtered(lambda ticket: "\n" in ticket.name))

    @mute_logger(PROCESS)
    def test_slow_kinds(self):
        """rel-C1: what keeps stock Odoo busy for minutes is read as any other mail."""
        self._check(slow())

    def test_nothing_waits_for_a_hostile_mail(self):
        """rel-C1: a mail whose reader hangs gets its plain ticket, then the next."""
        first, second = self._store(plain_mail("Hangs"), plain_mail("Next"))
        receive, mails = process.Reader.receive, iter(["Hangs"])

        def hang(reader, deadline):
            if next(mails, None):
                raise process.ReaderError("time")
            return receive(reader, deadline)

        with patch.object(process.Reader, "receive", hang), mute_logger(PROCESS):
            self._process()
        self.assertEqual((first.state, second.state), ("done", "done"))
        ticket = first.ticket_id
        self.assertEqual((ticket.name, ticket.partner_id), ("Hangs", self.anna))
        opening = ticket.message_ids.filtered("attachment_ids")
        self.assertEqual(opening.attachment_ids.name, "original.eml")
        self.assertEqual(opening.attachment_ids.raw, first._get_raw())
        notes = " ".join(ticket.message_ids.mapped("body"))
        self.assertIn("could not be read", notes)

    def test_nothing_is_lost_when_no_process_answers(self):
        """rel-C1: a mail is stored, each time by the same name, and becomes a ticket of
        which no program is told; what the row says of it is believed."""
        raw, error = plain_mail("Dead"), process.ReaderError("crash")
        with (
            patch.object(process.Reader, "receive", side_effect=error),
            mute_logger(PROCESS),
        ):
            row = self._store(raw)
            [again] = self.Inbox._prepare_values([(raw, False)], company=self.company)
        self.assertEqual(row.message_id, again["message_id"])
        self.assertTrue(row.message_id.endswith("@no-message-id.invalid>"))
        row.write({"subject": "Dead", "email_from": "Anna <anna@huber.example>"})
        self.company.helpdesk_notify_partner = True
        with (
            patch.object(process.Reader, "receive", side_effect=error),
            mute_logger(PROCESS),
            self.mock_mail_gateway(),
        ):
            self._process()
        ticket = row.ticket_id
        self.assertEqual((ticket.name, ticket.partner_id), ("Dead", self.anna))
        self.assertFalse(self._new_mails)

    def test_stored_html(self):
        """rel-C2: nothing that acts is in what is stored, in message and ticket."""
        ticket = self._take(
            html_mail(
                "Html",
                "<p onclick='x()' style='position:fixed;color:red'>Text</p><script>x"
                "</script><a href='java&#9;script:x()'>a</a><iframe></iframe><form>"
                "<meta><base href='x'></form><style>@import 'x'</style><a "
                "href='https://ok.example'>ok</a>",
            )
        )
        for body in (ticket.description, ticket.message_ids[-1].body):
            acting = "onclick|position|script|iframe|form|meta|base|import"
            self.assertNotRegex(body, acting)
            link = html.fragment_fromstring(body, create_parent=True).find(
                ".//a[@href='https://ok.example']"
            )
            self.assertIn("noopener", link.get("rel"))

    def test_charset_and_pictures(self):
        """E09: undeclared bytes are text; a picture in the html is shown there."""
        picture = file_part("p.png", TINY_PNG, "image/png", "Content-ID: <p@x>")
        page = b"Content-Type: text/html\r\n\r\n<p>Gr\xfc\xdfe<img src='cid:p@x'></p>"
        ticket = self._take(
            mail("Gr\u00fc\u00dfe", multipart(page, picture, kind="related"))
        )
        self.assertEqual(ticket.name, "Grüße")
        self.assertIn("Grüße", ticket.description)
        self.assertRegex(ticket.description, r'src="/web/image/\d+')

    def test_attached_mail(self):
        """rel-C8: an attached mail is one attachment and never the ticket's text."""
        inner = html_mail("Inner", "<p>Not mine</p>")
        part = b"Content-Type: message/rfc822\r\n\r\n" + inner
        ticket = self._take(mail("Outer", multipart(text_part("Mine"), part)))
        self.assertIn("Mine", ticket.description)
        self.assertNotIn("Not mine", ticket.description)
        attachment = ticket.message_ids.attachment_ids
        self.assertEqual((attachment.name, attachment.raw), ("Inner.eml", inner))

    def test_attachment_names(self):
        """rel-C4: `../../x` is stored as x, and markup stays text."""
        parts = [file_part("../../x", b"1"), file_part("<b>y</b>.txt", b"2")]
        ticket = self._take(mail("Names", multipart(text_part(), *parts)))
        names = set(ticket.message_ids.attachment_ids.mapped("name"))
        self.assertEqual(names, {"x", "b>.txt"})

    def test_header_injection(self):
        """rel-C5: nothing of a mail adds a header to what we send."""
        self.company.helpdesk_notify_partner = True
        ticket = self._take(
            plain_mail(
                "=?utf-8?q?a=0D=0ABcc:_x@evil.example=00?=",
                email_from="=?utf-8?q?N=0D=0ABcc:_y@evil.example?= <z@new.example>",
                message_id="<a\0b@c.example>",
                references="<r@x.example>\0 <s@x.example>",
            )
        )
        self.assertEqual(ticket.name, "a Bcc: x@evil.example")
        with self.mock_mail_gateway():
            ticket.message_post(
                body="Answer",
                subject=ticket.name,
                partner_ids=ticket.partner_id.ids,
                subtype_xmlid="mail.mt_comment",
            )
            self.flush_tracking()
        self._check_no_added_header()

    def test_templates_stay_text(self):
        """rel-C6: what looks like a template in a subject is not evaluated."""
        self.company.helpdesk_notify_partner = True
        subject = "{{ object.number }} ${object.id} %(x)s {{ 7 * 7 }}"
        with self.mock_mail_gateway():
            ticket = self._take(plain_mail(subject))
            self.flush_tracking()
        self.assertEqual(ticket.name, subject)
        acknowledgement = self._new_mails
        self.assertIn(subject, acknowledgement.subject)
        bodies = [str(acknowledgement.body_html)]
        self.assertFalse(
            [body for body in bodies if "49" in body and "7 * 7" not in body]
        )

    def test_bombs(self):
        """rel-C7: packed zeros and endless pictures are stored and never unpacked."""
        files = {
            "z.zip": zip_bomb(),
            "z.gz": gzip_bomb(),
            "p.png": png(60_000, 60_000),
            "broken.png": png(4_000, 4_000)[:200],
            "big.png": png(12_000, 12_000),
        }
        raw = mail(
            "Bombs",
            multipart(
                text_part(), *[file_part(name, data) for name, data in files.items()]
            ),
        )
        before = self._memory()
        ticket = self._take(raw)
        self.assertLess(self._memory() - before, MAX_GROWTH)
        stored = {file.name: file.raw for file in ticket.message_ids.attachment_ids}
        self.assertEqual(stored, files)

    def _memory(self):
        """Return the greatest memory that this process ever had, since the last call.

        The mark is put back by writing to clear_refs (proc(5)).
        """
        status = Path("/proc/self/status").read_text()
        Path("/proc/self/clear_refs").write_text("5")
        return int(status.partition("VmHWM:")[2].split()[0])

    def test_limits_of_attachments(self):
        """rel-C7: the settings leave out what is too much, and the ticket says so."""
        raw = mail(
            "Many",
            multipart(text_part(), *[file_part(f"{n}.txt", b"x") for n in range(9)]),
        )
        self.company.helpdesk_mail_max_attachments = 4
        ticket = self._take(raw)
        self.assertEqual(len(ticket.message_ids.attachment_ids), 4)
        self.assertIn("5 attachments", " ".join(ticket.message_ids.mapped("body")))
        self.company.helpdesk_mail_max_attachments = 0
        ticket = self._take(raw.replace(b"Subject: Many", b"Subject: All"))
        self.assertEqual(len(ticket.message_ids.attachment_ids), 9)
        with self.assertRaises(ValidationError):
            self.company.helpdesk_mail_max_attachment_size = -1

    def test_oversized_mail(self):
        """E09: a mail beyond the limit is kept, refused by name, and answered once."""
        self.company.helpdesk_mail_max_size = 1
        large = "x" * 1_200_000
        with self.mock_mail_gateway():
            rows = self._receive(
                plain_mail("Other", email_from="joanna@huber.example", body=large),
                plain_mail("Large", body=large),
                plain_mail("Again", body=large),
                plain_mail(
                    "Robot",
                    email_from="robot@x.example",
                    body=large,
                    Auto_Submitted="auto-generated",
                ),
            )
        self.assertEqual(set(rows.mapped("reason_code")), {"oversized"})
        self.assertIn("1.2 MB", rows[0].reason.replace("1.1", "1.2"))
        self.assertFalse(rows.ticket_id)
        self.assertIn(b"Other", rows[0]._get_raw())
        answers = self._new_mails
        self.assertEqual(
            answers.mapped("email_to"), ["joanna@huber.example", "anna@huber.example"]
        )
        for answer in answers:
            self.assertIn("auto-replied", answer.headers)
            self.assertIn("smaller attachments", answer.body_html)
        self.company.helpdesk_mail_max_size = 0
        self.assertTrue(self._take(plain_mail("Large too", body=large)))

    def test_oversized_mail_of_the_mail_server(self):
        """E09: the same for a mail that is piped in; forced, it is a ticket."""
        self.company.helpdesk_mail_max_size = 1
        gateway = self.env["mail.thread"].with_company(self.company)
        raw = plain_mail("Piped", body="x" * 1_200_000)
        self.assertFalse(gateway.message_process("helpdesk.ticket", raw))
        row = self._rows()
        self.assertEqual((row.state, row.reason_code), ("ignored", "oversized"))
        self._press(row, "action_create_ticket")
        self.assertEqual(row.ticket_id.name, "Piped")

    def test_settings(self):
        """E09: managers set the limits of their company, agents cannot."""
        agent = new_test_user(
            self.env, "limits_agent", "helpdesk_contact.group_helpdesk_user"
        )
        with self.assertRaises(AccessError):
            self.company.with_user(agent).helpdesk_mail_max_size = 0

    def test_quotes(self):
        """rel-C9: what programs quote is marked, what is new is not; all is there."""
        plain = "New text\n\nOn Monday Bob wrote:\n> quoted one\n> quoted two\n"
        outlook = (
            "<p>New text</p><hr><div id='divRplyFwdMsg'>From: Bob</div><div>quoted one"
            " quoted two</div>"
        )
        gmail = (
            "<div>New text</div><div class='gmail_quote'>On Monday Bob wrote:"
            "<blockquote>quoted one quoted two</blockquote></div>"
        )
        yahoo = (
            "<div>New text</div><div class='yahoo_quoted'>quoted one quoted two</div>"
        )
        many = "New text\n" + "a\n> quoted one\n" * 500 + "> quoted two\n"
        long = "<div>New text</div>" + "<p>a</p>" * 500
        for name, raw in {
            "plain": mail("1", f"Content-Type: text/plain\r\n\r\n{plain}"),
            "signature": mail(
                "2",
                "Content-Type: text/plain\r\n\r\nNew text\n-- \nquoted one quoted two",
            ),
            "outlook": html_mail("3", outlook),
            "gmail": html_mail("4", gmail),
            "yahoo": html_mail("5", yahoo),
            "many": mail("6", f"Content-Type: text/plain\r\n\r\n{many}"),
            "long": html_mail("7", long + gmail),
            "long outlook": html_mail("8", long + outlook),
        }.items():
            with self.subTest(name):
                body = self._take(raw).message_ids[-1].body
                tree = html.fragment_fromstring(body, create_parent=True)
                for text in ("New text", "quoted one", "quoted two"):
                    self.assertIn(text, tree.text_content())
                for element in tree.xpath("//*[@data-o-mail-quote]"):
                    element.drop_tree()
                self.assertIn("New text", tree.text_content())
                self.assertNotIn("quoted", tree.text_content())

    def test_mail_of_others(self):
        """E09: a mail for another document reaches core exactly as it came."""
        raw = html_mail("Other", "<p onclick='x'>x</p>")
        seen = []
        with patch.object(
            self.registry["mail.thread"],
            "_message_parse_extract_payload",
            lambda gateway, message, *args, **kw: (
                seen.append(message.as_bytes()) or {"body": "", "attachments": []}
            ),
        ):
            self.env["mail.thread"].message_process("res.partner", raw)
        self.assertIn(b"onclick", seen[0])

    def test_log_holds_no_text(self):
        """rel-I1: what is logged at INFO holds no text of a mail and no password."""
        self._store(plain_mail("A subject", body="a secret text"))
        with (
            patch("odoo.addons.mail.models.mail_thread._logger.info") as info,
            self.assertNoLogs("odoo.addons.helpdesk_email_collector", "INFO"),
        ):
            self._process()
        text = "\n".join(call.args[0] % call.args[1:] for call in info.mock_calls)
        self.assertEqual(self._rows().state, "done")
        self.assertNotIn("secret text", text)
        self.assertNotIn("not-a-secret", text)

    def test_child_costs_no_zombie(self):
        """rel-C1: processes that were ended are reaped."""
        reader = process.Reader(1024)
        pid = reader.process.pid
        reader.end()
        self.assertFalse(Path(f"/proc/{pid}").exists())

    def test_child_ends_with_its_parent(self):
        """rel-C1: when Odoo is killed, its reader goes too."""
        code = (
            "import sys, os, types\n"
            f"for name, folders in {process._packages()}.items():\n"
            "    sys.modules[name] = types.ModuleType(name)\n"
            "    sys.modules[name].__path__ = folders\n"
            f"from {process.COLLECTOR}.reading import process\n"
            "process.read_mail(b'Subject: x', '<1@x>')\n"
            "print(process._idle[0].process.pid, flush=True)\n"
            "os.kill(os.getpid(), 9)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        # init reaps it: wait for its end by the file that the kernel keeps of it
        with contextlib.suppress(ProcessLookupError):
            watched = os.pidfd_open(int(done.stdout))
            self.assertTrue(select.select([watched], [], [], 60)[0])
            os.close(watched)
