import inspect

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.http import _generate_routing_rules
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from .common import TicketCommon

SECRET = "They have not paid for months"
MARKUP = '<img src=x onerror="alert(1)">'
INJECTION = "a\r\nBcc: x@evil.example\0"
PASSIVE = ("text/plain", "image/png", "application/octet-stream")
# Looking at these writes down who looked, or counts how often: a foreign page that
# makes somebody look gains nothing.
NOTES_ONLY = (
    "/helpdesk/address/",
    "/helpdesk/check",
    "/helpdesk/device/v1/tickets",
    "/helpdesk/inbox/",
    "/helpdesk/link/",
    "/helpdesk/request/",
    "/helpdesk/form",
)
# No browser's: each request proves itself by a signature or a token, no session counts.
OWN_PROOF = (
    "/helpdesk/device/v1/",
    "/helpdesk/facebook/webhook",
    "/helpdesk/monitoring/v1",
)
# The arguments are nonsense: methods may fail on them before they look at rights.
REFUSED = (UserError, TypeError, ValueError, AttributeError, IntegrityError)


@tagged("post_install", "-at_install")
class TestBreakIn(TicketCommon):
    """Attempts to get at what is not one's own, by the ORM and by mail."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.secret = cls._create_ticket(
            name=SECRET, description=SECRET, solution=SECRET, email_cc=SECRET
        )
        cls.secret.message_post(body=SECRET)
        cls.team.visibility = "members"
        cls.outside = cls._create_user(
            "outside", "helpdesk_contact.group_helpdesk_user"
        )

    def _get_public_methods(self, record):
        """Return the methods of our addons that an API can call, with arguments.

        :return: list of (name, method, arguments)
        """
        found = []
        for name, method in inspect.getmembers(type(record), inspect.isfunction):
            if name.startswith("_") or "odoo.addons.helpdesk_" not in method.__module__:
                continue
            parameters = list(inspect.signature(method).parameters.values())[1:]
            needed = [
                parameter
                for parameter in parameters
                if parameter.default is parameter.empty
                and parameter.kind == parameter.POSITIONAL_OR_KEYWORD
            ]
            found.append((name, method, [{} for _parameter in needed]))
        return found

    def _read_stored(self, ticket):
        stored = [name for name, field in ticket._fields.items() if field.store]
        return ticket.sudo().read(stored)[0]

    def _try_methods(self, user, ticket):
        """Call each public method as a user; none may change or tell anything."""
        record = self.env(user=user, context={})["helpdesk.ticket"].browse(ticket.id)
        methods = self._get_public_methods(record)
        self.assertGreater(len(methods), 25)
        self.env.flush_all()
        before = self._read_stored(ticket)
        messages = ticket.message_ids
        for name, method, arguments in methods:
            self.env.invalidate_all()
            with self.subTest(method=name):
                try:
                    with self.env.cr.savepoint():
                        answer = method(record, *arguments)
                        self.env.flush_all()
                except REFUSED:
                    continue
                self.assertNotIn(SECRET, repr(answer))
                self.env.invalidate_all()
                after = self._read_stored(ticket)
                changed = {name for name in before if before[name] != after[name]}
                self.assertFalse(changed)
                self.assertEqual(ticket.message_ids, messages)

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_public_methods_of_hidden_tickets(self):
        """rel-A7: every method that an API can call refuses, or tells nothing."""
        self.assertFalse(self.secret.with_user(self.outside).has_access("read"))
        self._try_methods(self.outside, self.secret)

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_public_methods_as_customer(self):
        """rel-A6: what is meant for agents is refused to the customer who asked."""
        portal = self._create_portal_user(self.anna)
        ticket = self._create_ticket()
        ticket.message_post(body=SECRET)
        self.assertTrue(ticket.with_user(portal).has_access("read"))
        self._try_methods(portal, ticket)

    def test_dialogs_about_hidden_records(self):
        """Naming the id of a ticket or a message in a dialog tells nothing of it."""
        env = self.env(user=self.outside, context={})
        message = self.secret.message_ids[0]
        attempts = {
            "helpdesk.ticket.close": {
                "ticket_ids": [(6, 0, self.secret.ids)],
                "notify": "nobody",
            },
            "helpdesk.ticket.merge": {"ticket_ids": [(6, 0, self.secret.ids)]},
            "helpdesk.ticket.split": {
                "ticket_id": self.secret.id,
                "moved_message_ids": [(6, 0, message.ids)],
            },
            "helpdesk.private.message": {"ticket_id": self.secret.id, "body": "x"},
        }
        for model, values in attempts.items():
            spec = {name: {} for name in env[model]._fields}
            for call in (
                lambda dialogs, values: dialogs.create(values).read(),
                lambda dialogs, values, spec=spec: dialogs.onchange(
                    values, list(values), spec
                ),
            ):
                self.env.invalidate_all()
                with self.subTest(model=model):
                    try:
                        with self.env.cr.savepoint():
                            answer = call(env[model], values)
                    except AccessError:
                        continue
                    # the name of a chosen record is all that Odoo tells of it
                    texts = [value for value in answer if not isinstance(value, tuple)]
                    self.assertNotIn(f"{SECRET}</p>", repr(texts))

    def test_header_injection(self):
        """rel-C5: subject and names of people who type, not mail, add no header."""
        line = INJECTION.replace("\0", "")
        self.anna.write({"name": f"Anna {line}", "email": "anna@huber.example"})
        with self.mock_mail_gateway():
            ticket = self.agent_env["helpdesk.ticket"].create(
                {
                    "name": INJECTION,
                    "partner_id": self.anna.id,
                    "notify_partner": True,
                }
            )
            self._answer(ticket)
            self.flush_tracking()
        self._check_no_added_header()

    def test_markup_in_subject_and_names(self):
        """rel-C3: in mails, in the document and in the history it is text."""
        self.anna.write({"name": f"Anna {MARKUP}"})
        with self.mock_mail_gateway():
            ticket = self.agent_env["helpdesk.ticket"].create(
                {"name": MARKUP, "partner_id": self.anna.id, "notify_partner": True}
            )
            ticket.name = f"Again {MARKUP}"
            self._answer(ticket)
            ticket.action_close()
            self.flush_tracking()
        self.assertTrue(self._mails)
        texts = [str(sent["body"]) for sent in self._mails]
        texts += [str(body) for body in ticket.message_ids.mapped("body")]
        report = "helpdesk_ticket.report_ticket_history"
        html, _type = self.env["ir.actions.report"]._render_qweb_html(
            report, ticket.ids
        )
        texts.append(html.decode())
        for text in texts:
            self.assertNotRegex(text, r"<img[^>]*onerror")
        self.assertIn("&lt;img", texts[-1])

    # -- notes and who follows --------------------------------------------------

    def test_followers_by_copy_never_get_notes(self):
        """rel-B3: people who came in by Cc of a mail, and the customer."""
        with self.mock_mail_gateway():
            ticket = self._mail_in(Cc="Bernd <bernd@huber.example>, evil@spy.example")
            self.flush_tracking()
        everybody = self.env["mail.message.subtype"].search([])
        ticket.message_subscribe((self.anna + self.bernd).ids, everybody.ids)
        with self.mock_mail_gateway():
            ticket.with_user(self.manager).message_post(
                body=SECRET, subtype_xmlid="mail.mt_note"
            )
            self.flush_tracking()
        told = ",".join(address for mail in self._mails for address in mail["email_to"])
        for address in ("anna@", "bernd@", "spy"):
            self.assertNotIn(address, told)
        with self.mock_mail_gateway():
            self._answer(ticket, "It is on its way.")
            self.flush_tracking()
        self.assertTrue(self._mails)
        for mail in self._mails:
            self.assertNotIn(SECRET, mail["body"])

    def test_answer_to_a_note_stays_a_note(self):
        """rel-B2: an agent answers the mail of a note; the customer gets nothing."""
        ticket = self._create_ticket(notify_partner=True)
        with self.mock_mail_gateway():
            note = ticket.with_user(self.agent).message_post(
                body=SECRET,
                partner_ids=self.manager.partner_id.ids,
                subtype_xmlid="mail.mt_note",
            )
        with self.mock_mail_gateway():
            self._mail_in(
                subject=f"Re: [{ticket.number}]",
                email_from=self.manager.email_formatted,
                body=f"Then send nothing.\n> {SECRET}",
                In_Reply_To=note.message_id,
                References=note.message_id,
            )
            self.flush_tracking()
        answer = ticket.message_ids[0]
        self.assertIn("send nothing", answer.body)
        self.assertTrue(answer._is_helpdesk_internal())
        self.assertFalse(
            [mail for mail in self._mails if "anna@" in ",".join(mail["email_to"])]
        )

    # -- what changes something -------------------------------------------------

    def _get_routes(self):
        """Return (url, routing) of the pages of our addons, not of those of Odoo that
        they extend."""
        modules = self.env["ir.module.module"].search([("state", "=", "installed")])
        return [
            (url, endpoint.routing)
            for url, endpoint in _generate_routing_rules(
                modules.mapped("name"), nodb_only=False
            )
            if "helpdesk" in self._get_owner(endpoint.func).__module__
        ]

    def _get_owner(self, method):
        """Return the class that had this method of a controller first."""
        classes = type(method.__self__).__mro__
        return [one for one in classes if method.__name__ in vars(one)][-1]

    def test_every_change_is_protected_against_foreign_pages(self):
        """CSRF: what changes something is POST with a token, or JSON with a session."""
        routes = self._get_routes()
        self.assertTrue(routes)
        for url, routing in routes:
            with self.subTest(url=url):
                if not url.startswith(OWN_PROOF):
                    self.assertTrue(routing.get("csrf", True))
                if routing["type"] != "http":
                    continue
                methods = routing.get("methods") or ["GET", "POST"]
                self.assertEqual(len(methods), 1, "one that looks, one that changes")
                if methods == ["GET"] and not url.startswith(NOTES_ONLY):
                    self.assertTrue(routing.get("readonly"), "GET must change nothing")


@tagged("post_install", "-at_install")
class TestFilesOfStrangers(TicketCommon, PatientHttpCase):
    """rel-C4: what a stranger attached does nothing in the browser of an agent."""

    def test_active_files_are_not_shown(self):
        with self.mock_mail_gateway():
            ticket = self._mail_in()
        files = self.env["ir.attachment"]
        for name, kind in (
            ("a.svg", "image/svg+xml"),
            ("a.html", "text/html"),
            ("a.xhtml", "application/xhtml+xml"),
            ("a.xml", "text/xml"),
        ):
            text = "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'></svg>"
            raw = text if "svg" in kind else f"<html><script>{SECRET}</script></html>"
            message = ticket.with_context(attachments_mime_plainxml=True).message_post(
                body="x", attachments=[(name, raw.encode())], message_type="email"
            )
            files += message.attachment_ids
        self.assertEqual(len(files), 4)
        self.authenticate(self.agent.login, self.agent.login)
        for file in files:
            for route in ("content", "image"):
                answer = self.url_open(f"/web/{route}/{file.id}")
                kind = answer.headers["Content-Type"].partition(";")[0]
                held = "attachment" in answer.headers.get("Content-Disposition", "")
                with self.subTest(file=file.name, route=route):
                    self.assertEqual(
                        answer.headers["X-Content-Type-Options"], "nosniff"
                    )
                    self.assertTrue(held or kind in PASSIVE, answer.headers)
