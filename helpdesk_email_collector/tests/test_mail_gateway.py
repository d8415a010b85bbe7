import xmlrpc.client
from unittest.mock import patch

from odoo.tests import mute_logger, tagged

from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from .common import CollectorCommon, plain_mail, sample

LOGGER = "odoo.addons.helpdesk_email_collector.models.inbox.retry"


@tagged("post_install", "-at_install")
class TestMailGateway(CollectorCommon):
    """E01: mails that a mail server pipes in go the same way, by the same rules."""

    def setUp(self):
        super().setUp()
        self.gateway = self.env["mail.thread"].with_company(self.company)

    def _pipe(self, raw, model="helpdesk.ticket"):
        return self.gateway.message_process(model, raw)

    def test_row_of_a_piped_mail(self):
        """E01, E05: the row holds the raw mail, the ticket and the reason."""
        raw = sample("german_printer.eml")
        ticket_id = self._pipe(raw)
        row = self._rows()
        self.assertEqual((row.state, row.ticket_id.id), ("done", ticket_id))
        self.assertEqual(row._get_raw(), raw)
        self.assertEqual(row.company_id, self.company)
        self.assertFalse(row.server_id)
        self.assertIn(self.rule.name, row.reason)

    def test_rules_apply(self):
        """E01: the rules are those of mailboxes."""
        self.rule.active = False
        self.assertFalse(self._pipe(plain_mail()))
        row = self._rows()
        self.assertEqual((row.state, row.reason_code), ("ignored", "no_rule"))

    def test_team_alias(self):
        """E01: a mail to a team's alias is the helpdesk's, without a model given."""
        domain = self.env["mail.alias.domain"].create({"name": "alias.example"})
        self.company.alias_domain_id = domain
        self.team.write({"alias_name": "night", "alias_domain_id": domain.id})
        ticket_id = self._pipe(plain_mail(to="night@alias.example"), model=None)
        row = self._rows()
        self.assertEqual(row.ticket_id.id, ticket_id)
        self.assertEqual(row.ticket_id.team_id, self.team)
        self.assertEqual(row.company_id, self.company)

    def test_team_alias_however_it_is_written(self):
        """E01: names, comments, folding and odd spellings of programs hide nothing."""
        domain = self.env["mail.alias.domain"].create({"name": "alias.example"})
        self.company.alias_domain_id = domain
        self.team.write({"alias_name": "night", "alias_domain_id": domain.id})
        encoded = "bmlnaHRAYWxpYXMuZXhhbXBsZQ=="  # night@alias.example
        for number, header in enumerate(
            (
                "To: Night <Night@Alias.Example>",
                "Cc: other@elsewhere.example,\r\n night@alias.example",
                "To: other@elsewhere.example,\r\nnight@alias.example",
                "To: <mailto:night@alias.example.>",
                "To: night(our team)@alias.example",
                "To: night @ alias.example",
                "To: 'night@alias.example'",
                "To: =?utf-8?Q?N=C3=A4chte?= <night@alias.example>",
                f"To: =?utf-8?B?{encoded}?=",
                "To: Night &lt;night@alias.example&gt;",
                "To : undisclosed-recipients:;\r\nDelivered-To: night@alias.example",
                "Resent-To: night@alias.example\r\nReferences: <a\0b@c> \xff",
            )
        ):
            with self.subTest(header=header):
                subject = f"Odd {number}"
                raw = plain_mail(subject).replace(b"\r\n", b"\n")
                lines = [
                    line
                    for line in raw.split(b"\n")
                    if not line.lower().startswith(b"to:")
                ]
                raw = b"\r\n".join([header.encode(), *lines])
                ticket = self.env["helpdesk.ticket"].browse(self._pipe(raw, None))
                self.assertEqual(ticket.name, subject)

    def test_our_address_in_a_name_only(self):
        """E01: another app gets what is sent to its address, whatever a name says."""
        domain = self.env["mail.alias.domain"].create({"name": "alias.example"})
        self.company.alias_domain_id = domain
        self.team.write({"alias_name": "night", "alias_domain_id": domain.id})
        partners = self.env.ref("base.model_res_partner")
        self.env["mail.alias"].create(
            {
                "alias_name": "offers",
                "alias_domain_id": domain.id,
                "alias_model_id": partners.id,
            }
        )
        for number, to in enumerate(
            ('"techsnight@alias.example.org"', '"night@alias.example"')
        ):
            self._pipe(
                plain_mail(f"For others {number}", to=f"{to} <offers@alias.example>"),
                model=None,
            )
            found = self.env["res.partner"].search(
                [("name", "=", f"For others {number}")]
            )
            self.assertEqual(len(found), 1)
        self.assertFalse(self._rows().ticket_id)

    def test_piped_twice(self):
        """E05: a mail server that delivers again changes nothing."""
        self._pipe(sample("german_printer.eml"))
        self.assertFalse(self._pipe(sample("german_printer.eml")))
        relayed = b"Received: from a by b\r\n" + sample("german_printer.eml")
        self.assertFalse(self._pipe(relayed))
        rows = self._rows(order="id")
        self.assertEqual(rows.mapped("state"), ["done", "ignored"])
        self.assertEqual(len(rows.ticket_id), 1)

    def test_failure_is_kept(self):
        """E05: a mail that fails is taken, kept and tried again by the cron."""
        with (
            patch.object(
                self.registry["helpdesk.email.collector.operation"],
                "_prepare_create_ticket",
                side_effect=ZeroDivisionError("broken"),
            ),
            mute_logger(LOGGER),
        ):
            self.assertFalse(self._pipe(plain_mail("Piped")))
        row = self._rows()
        self.assertEqual((row.state, row.attempts), ("waiting", 1))
        self.assertIn("broken", row.error)
        row.next_attempt = False
        self._process()
        self.assertEqual(row.state, "done")

    def test_unparsable_mail_to_our_alias(self):
        """E05, E09: also a mail that fails before it is routed is kept."""
        domain = self.env["mail.alias.domain"].create({"name": "alias.example"})
        self.company.alias_domain_id = domain
        self.team.write({"alias_name": "night", "alias_domain_id": domain.id})
        raw = plain_mail(to="Night <night@alias.example>")
        with (
            patch.object(
                self.registry["helpdesk.inbox.mail"],
                "_find_place",
                side_effect=LookupError("unknown encoding"),
            ),
            mute_logger(LOGGER),
        ):
            self.assertFalse(self._pipe(raw, model=None))
        self.assertEqual(self._rows()._get_raw(), raw)
        self.assertIn("unknown encoding", self._rows().error)

    def test_mail_for_others(self):
        """E01: mails of other documents leave no row."""
        self._pipe(plain_mail(), model="res.partner")
        self.assertFalse(self._rows())


@tagged("post_install", "-at_install")
class TestGatewayAccess(CollectorCommon, PatientHttpCase):
    """Who delivers a mail writes what the mail server says of its sender (rel-D1)."""

    MODELS = ("mail.thread", "helpdesk.ticket", "res.partner")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.administrator = cls._create_user("administrator", "base.group_system")
        cls.script = cls._create_user(
            "script", "base.group_user,helpdesk_email_collector.group_mail_gateway"
        )
        cls.others = {
            "portal": cls._create_portal_user(cls.anna),
            "employee": cls._create_user("employee", "base.group_user"),
            "agent": cls.agent,
            "manager": cls.manager,
        }

    def _deliver(self, user, raw, model="mail.thread"):
        """Deliver a mail as Odoo's own script for mail servers does."""
        return self.xmlrpc_object.execute_kw(
            self.env.cr.dbname,
            user.id,
            user.login,
            model,
            "message_process",
            ["helpdesk.ticket", xmlrpc.client.Binary(raw)],
            {"context": {"allowed_company_ids": self.company.ids}},
        )

    def test_mail_server_and_administrator(self):
        """E01: what they deliver becomes a ticket, and an answer reaches it."""
        for user in (self.script, self.administrator):
            with self.subTest(user=user.login), self.mock_mail_gateway():
                subject = f"By {user.login}"
                ticket_id = self._deliver(user, plain_mail(subject))
                ticket = self.env["helpdesk.ticket"].browse(ticket_id)
                self.assertEqual(ticket.name, subject)
                self.assertEqual(ticket.partner_id, self.anna)
                again = self._deliver(user, plain_mail(subject))
                self.assertFalse(again)
                answer = plain_mail(
                    f"Re: [{ticket.number}] {user.login}",
                    in_reply_to=ticket.message_ids.sorted("id")[0].message_id,
                )
                self.assertEqual(self._deliver(user, answer), ticket_id)

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.json2")
    def test_nobody_else(self):
        """No channel takes a mail of others, on no model."""
        raw = plain_mail("Forged", "Boss <agent@helpdesk.example>")
        for role, user in self.others.items():
            # sudo: makes the key of somebody else
            keys = self.env["res.users.apikeys"].with_user(user).sudo()
            key = keys._generate(None, "test", None)
            for model in self.MODELS:
                with self.subTest(role=role, model=model):
                    with self.assertRaises(xmlrpc.client.Fault) as caught:
                        self._deliver(user, raw, model)
                    self.assertIn("E-mail Gateway", caught.exception.faultString)
                    arguments = {"model": "helpdesk.ticket", "message": raw.decode()}
                    answer = self.url_open(
                        f"/json/2/{model}/message_process",
                        headers={"Authorization": f"Bearer {key}"},
                        json=arguments,
                    )
                    self.assertEqual(answer.status_code, 403)
                    self.authenticate(user.login, user.login)
                    answer = self.url_open(
                        f"/web/dataset/call_kw/{model}/message_process",
                        json={
                            "params": {
                                "model": model,
                                "method": "message_process",
                                "args": [],
                                "kwargs": arguments,
                            }
                        },
                    )
                    self.assertIn("AccessError", answer.text)
        self.assertFalse(self.Inbox.search([("subject", "=", "Forged")]))
        self.assertFalse(self.env["helpdesk.ticket"].search([("name", "=", "Forged")]))
