import base64
import os

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import SUPPORT, CollectorCommon, plain_mail, sample
from .hostile_mails import mail
from .test_invitations import calendar, calendar_part

HOSTILE = {
    "script": plain_mail(
        "<script>alert(1)</script>",
        email_from='"<img src=x onerror=alert(1)>" <x@evil.example>',
        body="<script>alert(2)</script>",
    ),
    "template": plain_mail("{{ object.env }} ${1+1} %(x)s", body="%(reason)s"),
    "no header": b"\r\n\r\nonly text",
    "nothing at all": b"x",
    "random bytes": bytes(range(256)) * 20,
    "group address": plain_mail(email_from="Group: a@b.example, c@d.example;"),
    "two froms": b"From: a@b.example\r\n" + plain_mail(),
    "nul": plain_mail("N\0UL", body="\0\0"),
}
INVITATION = mail("Visit", calendar_part(calendar()))


@tagged("post_install", "-at_install")
class TestTryout(CollectorCommon):
    """E04: see what would become of a mail, with nothing written."""

    def _try(self, raw=None, **values):
        """Fill in the form as the manager does; it is never saved.

        :return: the result as html
        """
        form = Form(self.env["helpdesk.email.tryout"].with_user(self.manager))
        if raw is not None:
            form.origin = "upload"
            form.raw_file = base64.b64encode(raw).decode()
        for name, value in values.items():
            form[name] = value
        return str(form.result or "")

    def _count_everything(self):
        """Return how many rows of every table were added, changed or deleted, and the
        state of every sequence."""
        self.env.flush_all()
        # What was written and rolled back counts, too.
        self.env.cr.execute(
            """SELECT relname, n_tup_ins + n_tup_upd + n_tup_del
               FROM pg_stat_xact_user_tables WHERE schemaname = current_schema()"""
        )
        counts = dict(self.env.cr.fetchall())
        self.env.cr.execute(
            """SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
               WHERE n.nspname = current_schema() AND relkind = 'S'"""
        )
        for (name,) in self.env.cr.fetchall():
            self.env.cr.execute(f'SELECT last_value FROM "{name}"')
            counts[name] = self.env.cr.fetchone()[0]
        return counts

    def test_a_changed_row_is_seen(self):
        """What the tests below compare tells of a change that adds no row."""
        before = self._count_everything()
        self.company.helpdesk_auto_create_contact = (
            not self.company.helpdesk_auto_create_contact
        )
        after = self._count_everything()
        changed = {name for name in before if before[name] != after[name]}
        self.assertEqual(changed, {"res_company"})

    def test_E04_nothing_is_written(self):
        """No row in any table, no number drawn, no contact made, nothing sent."""
        self.company.helpdesk_auto_create_contact = True
        reply_to = self._receive(plain_mail("A real one")).ticket_id
        bounce = sample("bounce.eml")
        mails = {
            **HOSTILE,
            "stranger": plain_mail(email_from="Neu <neu@nobody.example>"),
            "forged": b"Authentication-Results: mx.demo.example; dmarc=fail\r\n"
            + plain_mail(email_from="Boss <boss@nobody.example>"),
            "german": sample("german_printer.eml"),
            "bounce": bounce,
            "reply": plain_mail(
                "Re: A real one", in_reply_to=reply_to.message_ids[-1].message_id
            ),
        }
        self.company.helpdesk_trusted_servers = "mx.demo.example"
        before = self._count_everything()
        with self.mock_mail_gateway():
            results = {name: self._try(raw) for name, raw in mails.items()}
        self.assertEqual(before, self._count_everything())
        self.assertFalse(self._mails)
        self.assertIn("A ticket would be created", results["stranger"])
        self.assertIn("New contact: Neu, neu@nobody.example", results["stranger"])
        self.assertIn("It would be ignored", results["forged"])
        self.assertIn("It would be ignored", results["bounce"])
        self.assertIn(f"/odoo/tickets/{reply_to.id}", results["reply"])

    def _make_rule(self, code):
        """Make a rule with one operation, complete as each kind wants it."""
        project = self.env["project.project"].create({"name": "Rules"})
        template = self.env["mail.template"].create(
            {
                "name": "We have it",
                "model_id": self.env["ir.model"]._get_id("helpdesk.ticket"),
                "subject": "We have it",
                "body_html": "<p>We have it.</p>",
                "email_to": "colleague@partner.example",
            }
        )
        notice = template.copy(
            {"model_id": self.env["ir.model"]._get_id("helpdesk.email.collector")}
        )
        field = self.env["ir.model.fields"]._get("helpdesk.ticket", "severity_id")
        severity = self.env["helpdesk.ticket.severity"].search([], limit=1)
        more = {
            "join_ticket": {"source": "body", "extract": r"(TS\S+)"},
            "set_field": {"field_id": field.id, "value": str(severity.id)},
            "find_customer": {"source": "body", "extract": r"(\S+@\S+)"},
            "send_template": {"template_id": template.id},
            "forward": {"address": "colleague@partner.example"},
            "move_mail": {"folder": "Sorted"},
            "create_task": {"value": str(project.id)},
            "reject": {"template_id": notice.id},
        }
        return self.env["helpdesk.email.collector"].create(
            {
                "name": f"Only {code}",
                "sequence": 1,
                "active": True,
                "every_mail_confirmed": True,
                "operation_ids": [(0, 0, {"code": code, **more.get(code, {})})],
            }
        )

    def test_E04_no_operation_acts(self):
        """Each operation that a rule can have, on each kind of mail, tried out and
        replayed: nothing is written, drawn or sent."""
        self.company.helpdesk_auto_create_contact = True
        ticket = self._receive(plain_mail("A real one")).ticket_id
        answer = ticket.message_ids[-1].message_id
        offers = self.env["mail.alias"].create(
            {
                "alias_name": "offers",
                "alias_contact": "everyone",
                "alias_domain_id": self.env.company.alias_domain_id.id,
                "alias_model_id": self.env["ir.model"]._get_id("project.task"),
            }
        )
        mails = {
            "new": plain_mail("New", email_from="Neu <neu@nobody.example>"),
            "answer": plain_mail("Re: A real one", in_reply_to=answer),
            "by number": plain_mail(f"Re: {ticket.display_name}"),
            "bounce": sample("bounce.eml"),
            "automatic": plain_mail("Away", auto_submitted="auto-replied"),
            "duplicate": plain_mail("A real one"),
            "newsletter": plain_mail("News", list_unsubscribe="<mailto:x@y.example>"),
            "own": plain_mail("Ours", email_from=f"Support <{SUPPORT}>"),
            "invitation": INVITATION,
            "other app": plain_mail("Offer", to=offers.alias_full_name),
        }
        rows = self.env["helpdesk.inbox.mail"]
        for raw in mails.values():
            rows += self._receive(raw)
        codes = [
            code
            for code, _label in self.env["helpdesk.email.collector.operation"]
            ._fields["code"]
            ._description_selection(self.env)
        ]
        self.assertGreater(len(codes), 10)
        replays = self.env["helpdesk.email.replay"].with_user(self.manager)
        for code in codes:
            rule = self._make_rule(code)
            replay = replays.create({})
            with self.subTest(code=code), self.mock_mail_gateway():
                before = self._count_everything()
                for raw in mails.values():
                    self.assertIn("o_helpdesk_tryout", self._try(raw))
                self.assertEqual(before, self._count_everything())
                replay.action_replay()
                after = self._count_everything()
                changed = {name for name in before if before[name] != after[name]}
                self.assertFalse(
                    {name for name in changed if "helpdesk_email_replay" not in name}
                )
                self.assertFalse(self._mails)
            rule.active = False

    def test_E04_hostile_mail_is_text(self):
        """rel-C3: nothing of a mail becomes markup of the result."""
        for name, raw in HOSTILE.items():
            with self.subTest(name=name):
                result = self._try(raw)
                self.assertIn("o_helpdesk_tryout", result)
                self.assertNotIn("<script", result)
                self.assertNotIn("<img", result)

    def test_E04_shows_what_would_be(self):
        """The ticket as the gateway makes it: what is shown is what comes."""
        severity = self.env["helpdesk.ticket.severity"].search([], limit=1)
        field = self.env["ir.model.fields"]._get("helpdesk.ticket", "severity_id")
        self.env["helpdesk.email.collector"].create(
            {
                "name": "Printers matter",
                "sequence": 1,
                "active": True,
                "filter_ids": [(0, 0, {"source": "subject", "value": "printer"})],
                "operation_ids": [
                    (
                        0,
                        0,
                        {
                            "code": "set_field",
                            "field_id": field.id,
                            "value": str(severity.id),
                        },
                    )
                ],
            }
        )
        raw = plain_mail("Printer on fire")
        result = self._try(raw, server_id=self.server)
        ticket = self._receive(raw).ticket_id
        for text in (
            ticket.name,
            ticket.partner_id.display_name,
            ticket.team_id.display_name,
            severity.display_name,
        ):
            self.assertIn(text, result)
        self.assertEqual(ticket.severity_id, severity)

    def test_E04_from_the_inbox_and_pasted(self):
        row = self._receive(plain_mail("Stored before"))
        result = self._try(origin="inbox", mail_id=row)
        self.assertIn("Stored before", result)
        self.assertIn("A ticket would be created", result)
        self.assertNotIn("was received before", result)
        pasted = self._try(raw_text=plain_mail("Stored before").decode())
        self.assertIn("was received before", pasted)
        self.assertFalse(self._try(raw_text=""))

    def test_E04_what_is_no_mail_is_called_so(self):
        """A text, a picture, the body alone."""
        for raw in (
            b"Hello,\nthe pump leaks.",
            b"\x89PNG\r\n\x1a\n" * 20,
            b"Note: x\n",
        ):
            result = self._try(raw)
            self.assertIn("This is not a mail", result)
            self.assertNotIn("would be", result)
        for raw in (
            b"From: anna@huber.example\n\n",
            b"Subject: x",
            b"Received: x\n\nx",
        ):
            self.assertNotIn("This is not a mail", self._try(raw))

    def test_E04_a_failing_rule_is_a_sentence(self):
        """What would fail is said as the inbox would say it."""
        severity = self.env["helpdesk.ticket.severity"].create({"name": "Gone soon"})
        field = self.env["ir.model.fields"]._get("helpdesk.ticket", "severity_id")
        values = {"code": "set_field", "field_id": field.id, "value": str(severity.id)}
        self.env["helpdesk.email.collector"].create(
            {
                "name": "Broken",
                "sequence": 1,
                "active": True,
                "operation_ids": [(0, 0, values)],
            }
        )
        self._delete_in_database(severity)
        result = self._try(plain_mail())
        self.assertIn("It would fail", result)
        self.assertIn("Choose another value in the rule", result)
        self.assertNotIn("Traceback", result)

    def test_E04_mail_of_another_company_is_not_shown(self):
        """rel-G1: a mail of their inbox cannot be tried."""
        row = self._receive(plain_mail("Secret"))
        row.company_id = self.other_company
        with self.assertRaises(AccessError):
            self._try(origin="inbox", mail_id=row)

    def test_E04_costs(self):
        """As many queries with many rules as with a few."""
        rules = self.env["helpdesk.email.collector"]

        def add(count):
            rules.create(
                [
                    {
                        "name": f"Rule {number}",
                        "active": True,
                        "filter_ids": [
                            (0, 0, {"source": "subject", "value": os.urandom(8).hex()})
                        ],
                        "operation_ids": [(0, 0, {"code": "stop"})],
                    }
                    for number in range(count)
                ]
            )

        def queries():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self._try(plain_mail("Constant"))
            return self.cr.sql_log_count - before

        add(3)
        queries()
        few = queries()
        add(60)
        queries()  # the rules are read once, and kept in memory
        self.assertLessEqual(queries(), few)
