from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TicketCommon

KINDS = ("auto_comment", "comment", "email", "notification", "user_notification")


@tagged("post_install", "-at_install")
class TestBreakInMessage(TicketCommon):
    """Attempts to change what is said in a ticket, by people whom Odoo lets change
    messages: who wrote them, was told of them, or reads the ticket; and what automatic
    mails say."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.visibility = "members"
        # left the helpdesk, and never was in this team
        cls.former = cls._create_user("former", "base.group_user")
        cls.outside = cls._create_user(
            "outside", "helpdesk_contact.group_helpdesk_user"
        )
        cls.ticket = cls._create_ticket()
        cls.comment = cls.env.ref("mail.mt_comment")

    def _post(self, author, subtype):
        """Post a message that both are told of, or that one of them wrote."""
        told = (self.former + self.outside).partner_id
        return self.ticket.message_post(
            body="As it was",
            message_type="comment",
            author_id=author.partner_id.id,
            subtype_xmlid=subtype,
            partner_ids=told.ids,
        )

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_who_was_told_or_wrote_changes_nothing(self):
        """T10, rel-B2: Odoo lets them rewrite the text, and show a note to the
        customer."""
        changes = (
            {"body": "As I like it"},
            {"subtype_id": self.comment.id, "is_internal": False},
            {"author_id": self.former.partner_id.id},
            {"partner_ids": [(4, self.anna.id)]},
        )
        for user in (self.former, self.outside):
            for author in (self.agent, user):
                for subtype in ("mail.mt_note", "mail.mt_comment"):
                    message = self._post(author, subtype)
                    mine = message.with_user(user)
                    self.assertEqual(str(mine.body), str(message.body))
                    for vals in changes:
                        with (
                            self.subTest(user=user.login, vals=vals),
                            self.assertRaises(AccessError),
                        ):
                            mine.write(vals)

    def test_agents_still_change_what_they_wrote(self):
        """Whoever may change the ticket may still correct an answer."""
        message = self._post(self.agent, "mail.mt_comment")
        message.with_user(self.agent).write({"body": "Corrected"})
        self.assertIn("Corrected", message.body)

    @mute_logger("odoo.models.unlink")
    def test_what_others_said_stays(self):
        """T14: Odoo's screens let nobody change it, its API whoever may write the
        ticket: words in a customer's mouth, another author, no message at all."""
        changes = (
            {"body": "I pay twice"},
            {"author_id": self.agent.partner_id.id},
            {"email_from": "x@huber.example"},
            {"date": "2020-01-01 12:00:00"},
            {"subtype_id": self.env.ref("mail.mt_note").id},
            {"attachment_ids": [(5,)]},
        )
        customers = self.ticket.message_post(
            body="I pay nothing",
            message_type="email",
            author_id=self.anna.id,
            subtype_xmlid="mail.mt_comment",
        )
        self.ticket.name = "Another subject"
        self.env.flush_all()
        self.flush_tracking()
        tracked = self.ticket.message_ids.filtered("tracking_value_ids")[:1]
        self.assertTrue(tracked)
        colleagues = self._post(self.manager, "mail.mt_comment")
        for message in (customers, colleagues, tracked):
            mine = message.with_user(self.agent)
            before = message.body
            for vals in changes:
                with self.subTest(vals=vals), self.assertRaises(AccessError):
                    mine.write(vals)
            with self.assertRaises(AccessError):
                mine.unlink()
            self.assertEqual(message.body, before)
        mine = self._post(self.agent, "mail.mt_comment").with_user(self.agent)
        mine.unlink()
        # what says nothing of it may change: whether customers see it, who marked it
        customers.with_user(self.agent).write({"is_internal": True})
        customers.with_user(self.agent).toggle_message_starred()
        # managers delete tickets, too (T18)
        customers.with_user(self.manager).unlink()

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_customers_create_no_message(self):
        """rel-A6, rel-H4: by the API Odoo would take a message of any kind, which is
        neither cleaned nor counted, on tickets of their own and of others."""
        portal = self._create_portal_user(self.anna)
        theirs = self._create_ticket(partner_id=self.bernd.id)
        for ticket in (self.ticket, theirs):
            before = ticket.message_ids
            for kind in KINDS:
                with (
                    self.subTest(ticket=ticket.partner_id.name, kind=kind),
                    self.assertRaises(AccessError),
                ):
                    self._create_message(portal, ticket, kind)
            self.assertEqual(ticket.message_ids, before)

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_nobody_notifies_about_a_hidden_ticket(self):
        """T10, rel-A7: Odoo asks nobody about the record of a notification."""
        for user in (self.former, self.outside):
            for kind in KINDS:
                with (
                    self.subTest(user=user.login, kind=kind),
                    self.assertRaises(AccessError),
                ):
                    self._create_message(user, self.ticket, kind)
        self._create_message(self.agent, self.ticket, "user_notification")

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_who_was_told_or_follows_posts_nothing(self):
        """T10, rel-A6: Odoo lets them post, in anybody's name, where the customer
        reads it."""
        for user in (self.former, self.outside):
            told = self._post(self.agent, "mail.mt_comment")
            follows = self._create_ticket()
            follows.message_subscribe(user.partner_id.ids)
            for ticket, parent in (
                (self.ticket, told),
                (follows, told.browse()),
                (follows, follows.message_ids[:1]),
            ):
                self.assertFalse(ticket.with_user(user).has_access("read"))
                for kind in KINDS:
                    with (
                        self.subTest(user=user.login, kind=kind, parent=bool(parent)),
                        self.assertRaises(AccessError),
                    ):
                        self._create_message(user, ticket, kind, parent_id=parent.id)
            own = follows.message_post(
                body="As it was",
                message_type="comment",
                author_id=user.partner_id.id,
                subtype_xmlid="mail.mt_comment",
            )
            for mode in ("create", "write", "unlink"):
                with self.subTest(user=user.login, mode=mode):
                    self.assertFalse(own.with_user(user).has_access(mode))

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_dialogs_of_others(self):
        """rel-A7: what somebody types into a dialog of Odoo about tickets, or imports,
        stays there for hours, and Odoo shows it to every colleague."""
        about = {"res_model": "helpdesk.ticket", "res_ids": str(self.ticket.ids)}
        people = [(6, 0, self.anna.ids)]
        dialogs = {
            "base_import.import": {"res_model": "helpdesk.ticket", "file": b"Secret"},
            "mail.activity.schedule": {**about, "note": "Secret"},
            "mail.compose.message": {
                "model": "helpdesk.ticket",
                "res_ids": str(self.ticket.ids),
                "body": "Secret",
            },
            "mail.followers.edit": {**about, "message": "x", "partner_ids": people},
        }
        for model, values in dialogs.items():
            mine = self.env[model].with_user(self.manager).create(values)
            self.assertTrue(mine.read(["create_uid"]))
            for user in (self.former, self.outside):
                theirs = mine.with_user(user)
                with self.subTest(model=model, user=user.login):
                    with self.assertRaises(AccessError):
                        theirs.read(list(values))
                    with self.assertRaises(AccessError):
                        theirs.write(values)
                    self.assertFalse(theirs.search([("id", "in", mine.ids)]))

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_templates_are_the_managers(self):
        """T10, rel-A7: automatic mails are made with all rights, so whoever edits their
        templates gets a copy of each, with the customer's link, and what it likes of
        hidden tickets. Odoo lets every colleague edit every template."""
        shipped = self.env["ir.model.data"].search(
            [("model", "=", "mail.template"), ("module", "=like", "helpdesk\\_%")]
        )
        templates = self.env["mail.template"].browse(shipped.mapped("res_id"))
        templates += templates[0].copy({"name": "Of a manager"})
        self.assertIn("res.partner", templates.mapped("model"))
        other_agent = self._create_user(
            "elsewhere", "helpdesk_contact.group_helpdesk_user", self.other_company
        )
        for user in (self.former, self.agent, other_agent):
            self.assertTrue(user.has_group("mail.group_mail_template_editor"))
            for template in templates:
                mine = template.with_user(user)
                for call in (
                    lambda mine: mine.write({"email_cc": "spy@spy.example"}),
                    lambda mine: mine.write({"body_html": "x", "model_id": False}),
                    lambda mine: mine.unlink(),
                ):
                    with (
                        self.subTest(user=user.login, template=template.name),
                        self.assertRaises(AccessError),
                    ):
                        call(mine)
        # their own ones are theirs, and what belongs to other apps is Odoo's matter
        for model in ("helpdesk.ticket", "res.partner"):
            about = self.env["ir.model"]._get_id(model)
            own = self.env["mail.template"].with_user(self.agent)
            own = own.create({"name": "Answer", "model_id": about})
            own.write({"subject": "Hello"})
            self.assertTrue(own.unlink())
        other = self.env["mail.template"].create(
            {
                "name": "Of another app",
                "model_id": self.env["ir.model"]._get_id("res.users"),
            }
        )
        other.with_user(self.former).subject = "Hello"
        templates[0].with_user(self.manager).subject = "Hello"

    def _create_message(self, user, ticket, kind, **values):
        self.env(user=user)["mail.message"].create(
            {
                "model": ticket._name,
                "res_id": ticket.id,
                "body": "Pay to another account",
                "message_type": kind,
                "subtype_id": self.comment.id,
                **values,
            }
        )
