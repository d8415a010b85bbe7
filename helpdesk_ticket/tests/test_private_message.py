import base64

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common import SENDER_ADDRESS, TicketCommon

SECRET = "They have not paid for months."


@tagged("post_install", "-at_install")
class TestPrivateMessage(TicketCommon):
    """T15: to chosen people, and never to anybody else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.supplier = cls.env["res.partner"].create(
            {"name": "Printer Supplier", "email": "service@supplier.example"}
        )
        cls.ticket = cls._create_ticket(user_id=cls.manager.id)
        cls.ticket.message_subscribe((cls.manager.partner_id + cls.bernd).ids)
        cls.portal = new_test_user(
            cls.env,
            login="test-private-portal",
            groups="base.group_portal",
            email="portal@huber.example",
        )
        cls.portal.partner_id.parent_id = cls.customer

    def _compose(self, partners, body=f"<p>{SECRET}</p>"):
        action = self.ticket.with_user(self.agent).action_private_message()
        form = Form(
            self.agent_env[action["res_model"]].with_context(**action["context"])
        )
        form.partner_ids = partners
        form.body = body
        return form

    def _write_privately(self, partners=None, **values):
        partners = self.supplier if partners is None else partners
        composer = self._compose(partners).save()
        composer.write(values)
        with self.mock_mail_gateway():
            composer.action_send()
        return self.ticket.message_ids[0]

    def _told(self):
        return sorted(address for mail in self._mails for address in mail["email_to"])

    def _assert_not_leaked(self, *partners):
        self.assertTrue(self._mails)
        for mail in self._mails:
            addresses = ",".join(mail["email_to"])
            for partner in partners or (self.anna, self.bernd):
                if partner.email in addresses:
                    self.assertNotIn(SECRET, mail["body"])

    # -- who gets it ------------------------------------------------------------

    def test_T15_it_is_mailed_to_the_chosen_people_only(self):
        message = self._write_privately(self.supplier + self.manager.partner_id)
        self.assertEqual(
            self._told(),
            sorted((self.supplier + self.manager.partner_id).mapped("email_formatted")),
        )
        self.assertIn(SECRET, message.body)
        self.assertTrue(message.is_internal)
        self.assertEqual(message.author_id, self.agent.partner_id)

    def test_T15_colleague_who_reads_in_odoo_gets_a_mail_too(self):
        self.manager.notification_type = "inbox"
        self._write_privately(self.manager.partner_id)
        self.assertEqual(self._told(), [self.manager.email_formatted])

    def test_T15_chosen_customer_gets_it_and_the_other_does_not(self):
        self._write_privately(self.bernd)
        self.assertEqual(self._told(), [self.bernd.email_formatted])

    def test_T15_it_moves_nothing(self):
        before = self.ticket.state
        self._write_privately()
        self.assertEqual(self.ticket.state, before)
        self.assertNotIn(self.supplier, self.ticket.message_partner_ids)

    def test_N05_it_carries_number_references_and_sender(self):
        self.company.helpdesk_mail_footer = "<p>Below all</p>"
        with self.mock_mail_gateway():
            first = self._answer(self.ticket)
        message = self._write_privately()
        (mail,) = self._mails
        self.assertIn(f"[{self.ticket.number}]", mail["subject"])
        self.assertIn(message.message_id, mail["references"])
        self.assertIn(first.message_id, mail["references"])
        self.assertIn(SENDER_ADDRESS, mail["email_from"])
        self.assertIn(SENDER_ADDRESS, mail["reply_to"])
        self.assertIn("Below all", mail["body"])

    # -- the composer -----------------------------------------------------------

    def test_T15_recipients_and_outsiders_are_shown_before_sending(self):
        composer = self._compose(self.anna + self.manager.partner_id)
        self.assertIn(self.anna.email, composer.recipients)
        self.assertFalse(composer.outsiders)
        composer.partner_ids.add(self.supplier)
        self.assertEqual(composer.outsiders, self.supplier.name)
        self.assertIn(self.supplier.email, composer.recipients)
        composer.partner_ids.remove(self.supplier.id)
        self.assertFalse(composer.outsiders)

    def test_T15_missing_things_are_said(self):
        nameless = self.env["res.partner"].create({"name": "No Mail"})
        for partners, body, sentence in (
            (self.env["res.partner"], "<p>x</p>", "Choose at least one recipient"),
            (nameless, "<p>x</p>", "cannot be reached"),
            (self.supplier, "<p><br></p>", "Write a message"),
        ):
            composer = self._compose(partners, body).save()
            with self.subTest(sentence=sentence), self.assertRaises(UserError) as error:
                composer.action_send()
            self.assertIn(sentence, str(error.exception))

    def test_T15_composer_is_for_agents_only(self):
        for user in (self.portal, new_test_user(self.env, "test-private-outsider")):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env(user=user)["helpdesk.private.message"].create(
                    {"ticket_id": self.ticket.id}
                )

    def test_T15_nobody_else_learns_who_got_it(self):
        """A call by RPC says as little as the page: not even the ids of the people."""
        message = self._write_privately()
        for user in (self.portal, new_test_user(self.env, "test-private-curious")):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.ticket.with_user(user).action_private_message(message.id)

    def test_T15_reply_goes_to_those_of_the_message(self):
        message = self._write_privately(self.supplier + self.manager.partner_id)
        ticket = self.ticket.with_user(self.manager)
        action = ticket.action_private_message(message.id)
        self.assertEqual(
            set(action["context"]["default_partner_ids"]),
            {self.supplier.id, self.agent.partner_id.id},
        )
        public = self._answer(self.ticket)
        action = ticket.action_private_message(public.id)
        self.assertFalse(action["context"]["default_partner_ids"])

    # -- attempts to leak it ----------------------------------------------------

    def test_T15_leak_portal(self):
        """A portal user who may read the ticket: a customer."""
        self.portal.partner_id.is_primary_contact = True
        file = self._file()
        message = self._write_privately(
            self.supplier + self.portal.partner_id, attachment_ids=file.ids
        )
        public = self._answer(self.ticket)
        messages = self.env(user=self.portal)["mail.message"]
        found = messages.search(
            [("model", "=", "helpdesk.ticket"), ("res_id", "=", self.ticket.id)]
        )
        self.assertIn(public, found)
        self.assertNotIn(message, found)
        with self.assertRaises(AccessError):
            messages.browse(message.id).read(["body"])
        with self.assertRaises(AccessError):
            file.with_user(self.portal).read(["raw"])
        with self.assertRaises(AccessError):
            self.ticket.with_user(self.portal).read(["website_message_ids"])

    def _file(self):
        return self.agent_env["ir.attachment"].create(
            {
                "name": "invoice.txt",
                "raw": SECRET.encode(),
                "res_model": "helpdesk.private.message",
                "res_id": 0,
            }
        )

    def test_T15_leak_files(self):
        """They are mailed, and belong to the message, not to the ticket."""
        file = self._file()
        message = self._write_privately(attachment_ids=file.ids)
        self.assertEqual((file.res_model, file.res_id), ("mail.message", message.id))
        (mail,) = self._mails
        self.assertEqual([name for name, *_x in mail["attachments"]], ["invoice.txt"])
        self.assertEqual(file.with_user(self.manager).raw, SECRET.encode())

    def test_T15_file_of_another_record_stays_where_it_is(self):
        other = self.env["ir.attachment"].create(
            {"name": "x", "raw": b"x", "res_model": "res.partner", "res_id": 1}
        )
        self._write_privately(attachment_ids=other.ids)
        self.assertEqual(other.res_model, "res.partner")

    def test_T15_leak_followers(self):
        """Not even to a follower who asks for everything."""
        subtypes = self.env["mail.message.subtype"].search(
            [("res_model", "in", ("helpdesk.ticket", False))]
        )
        self.ticket.message_subscribe(
            (self.anna + self.bernd + self.manager.partner_id).ids, subtypes.ids
        )
        self._write_privately()
        self.assertEqual(self._told(), [self.supplier.email_formatted])

    def test_T15_leak_later_notification_of_the_message(self):
        message = self._write_privately()
        with self.mock_mail_gateway():
            self.ticket._message_update_content(
                message, body=f"{SECRET} Since May.", partner_ids=[]
            )
            self.ticket._notify_thread(message, skip_existing=True)
        self.assertFalse(self._told())

    def test_T15_leak_quoted_reply(self):
        """A later answer neither quotes it nor proposes its recipients."""
        message = self._write_privately()
        suggested = self.ticket.with_user(self.agent)._message_get_suggested_recipients(
            reply_discussion=True
        )
        self.assertNotIn(self.supplier.id, [r["partner_id"] for r in suggested])
        composer = (
            self.agent_env["mail.compose.message"]
            .with_context(
                default_model="helpdesk.ticket", default_res_ids=self.ticket.ids
            )
            .create({"body": "<p>Public</p>", "partner_ids": self.anna.ids})
        )
        with self.mock_mail_gateway():
            composer.action_send_mail()
        self.assertIn(self.anna.email_formatted, self._told())
        self.assertNotIn(self.supplier.email_formatted, self._told())
        for mail in self._mails:
            self.assertNotIn(SECRET, mail["body"])
            self.assertNotIn(
                self.supplier.email, mail["headers"].get("X-Msg-To-Add", "")
            )
        self.assertIn(SECRET, message.body)

    def test_T15_leak_answer_of_the_recipient(self):
        """It quotes the message, and others follow the ticket."""
        message = self._write_privately()
        state = self.ticket.state
        with self.mock_mail_gateway():
            self._mail_in(
                email_from=self.supplier.email_formatted,
                body=f"We come. > {SECRET}",
                In_Reply_To=message.message_id,
                Cc="boss@supplier.example",
            )
        answer = self.ticket.message_ids[0]
        self.assertIn("We come.", answer.body)
        self.assertEqual(answer.author_id, self.supplier)
        self.assertEqual(answer.subtype_id, self.env.ref("helpdesk_ticket.mt_private"))
        self.assertTrue(answer.is_internal)
        self.assertEqual(self._told(), [self.agent.email_formatted])
        self.assertEqual(self.ticket.state, state)
        self.assertFalse(self.ticket.email_cc)

    def test_T15_leak_answer_by_number_alone(self):
        """As above, from a mail program that drops the headers of the thread."""
        self._write_privately()
        self.assertIn(
            self.supplier.email_normalized, self.ticket._get_participant_addresses()
        )
        with self.mock_mail_gateway():
            self.ticket.message_post(
                body=SECRET,
                author_id=self.supplier.id,
                email_from=self.supplier.email_formatted,
                message_type="email",
                subtype_xmlid="mail.mt_comment",
            )
        answer = self.ticket.message_ids[0]
        self.assertTrue(answer.subtype_id.internal)
        self.assertEqual(self._told(), [self.agent.email_formatted])

    def test_T15_leak_answer_of_somebody_who_takes_part_stays_public(self):
        """Bernd follows the ticket: only his answer to the message is private."""
        message = self._write_privately(self.bernd)
        with self.mock_mail_gateway():
            self._mail_in(
                email_from=self.bernd.email_formatted, In_Reply_To=message.message_id
            )
            self.assertTrue(self.ticket.message_ids[0].subtype_id.internal)
        self._assert_not_leaked(self.anna)
        with self.mock_mail_gateway():
            answer = self._answer(self.ticket)
            self._mail_in(
                email_from=self.bernd.email_formatted, In_Reply_To=answer.message_id
            )
        self.assertFalse(self.ticket.message_ids[0].subtype_id.internal)

    def test_T15_answer_of_the_contact_is_private_and_moves_the_ticket(self):
        message = self._write_privately(self.anna)
        self.ticket._move("asked")
        with self.mock_mail_gateway():
            self._mail_in(In_Reply_To=message.message_id)
        self.assertTrue(self.ticket.message_ids[0].subtype_id.internal)
        self.assertEqual(self.ticket.state, "in_progress")
        self.assertEqual(self._told(), [self.agent.email_formatted])

    def test_T15_file_of_an_answer_belongs_to_the_answer(self):
        message = self._write_privately()
        with self.mock_mail_gateway():
            self.ticket.message_post(
                body="See there",
                author_id=self.supplier.id,
                email_from=self.supplier.email_formatted,
                parent_id=message.id,
                attachments=[("quote.txt", b"100 EUR")],
                message_type="email",
                subtype_xmlid="mail.mt_note",
            )
        attachment = self.ticket.message_ids[0].attachment_ids
        self.assertEqual(attachment.res_model, "mail.message")

    def test_T15_leak_reply_all_of_the_customer(self):
        """What the customer is sent and sends names nothing of it."""
        self._write_privately()
        with self.mock_mail_gateway():
            answer = self._answer(self.ticket)
        self._assert_not_leaked()
        with self.mock_mail_gateway():
            self._mail_in(In_Reply_To=answer.message_id, Cc=self.bernd.email_formatted)
        self._assert_not_leaked(self.anna, self.bernd, self.manager.partner_id)
        self.assertNotIn(self.supplier.email_formatted, self._told())

    def test_T15_leak_automatic_mails(self):
        self._write_privately()
        with self.mock_mail_gateway():
            self.ticket.action_close()
        self.assertEqual(self._told(), [self.anna.email_formatted])
        self._assert_not_leaked()

    def test_T15_leak_digest(self):
        self._write_privately(self.supplier + self.portal.partner_id)
        digest = self.env["digest.digest"].create(
            {
                "name": "All",
                "kpi_mail_message_total": True,
                "company_id": self.company.id,
            }
        )
        digest.user_ids = self.portal + self.manager
        with self.mock_mail_gateway():
            digest._action_send(update_periodicity=False)
            self.env["mail.mail"].search([("state", "=", "outgoing")]).send()
        self.assertTrue(self._mails)
        for mail in self._mails:
            self.assertNotIn(SECRET, mail["body"])

    def test_T15_leak_export(self):
        """Whoever sees internal notes exports them; nobody else gets anything."""
        self._write_privately()
        columns = ["number", "message_ids/body"]
        stranger = self._create_user(
            "stranger-private",
            "helpdesk_contact.group_helpdesk_manager",
            self.other_company,
        )
        for user in self.agent + stranger + self.portal:
            user.group_ids |= self.env.ref("base.group_allow_export")
        exported = self.ticket.with_user(self.agent).export_data(columns)
        self.assertIn(SECRET, str(exported))
        for user in (self.portal, stranger):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env(user=user, context={})["helpdesk.ticket"].browse(
                    self.ticket.id
                ).export_data(columns)

    def test_T15_leak_split(self):
        message = self._write_privately()
        ticket = self.ticket.with_user(self.agent)._split_off(message)
        self.assertEqual(message.res_id, ticket.id)
        self.assertNotIn(SECRET, str(ticket.description))
        public = self._answer(self.ticket, "Seen by all")
        ticket = self.ticket.with_user(self.agent)._split_off(public)
        self.assertIn("Seen by all", ticket.description)

    def test_T15_leak_copy_follow_up_and_service_order(self):
        file = self._file()
        message = self._write_privately(attachment_ids=file.ids)
        self.ticket._move("closed")
        copies = self.ticket.copy() + self.ticket.create(
            self.ticket._prepare_follow_up_values()
        )
        self.assertNotIn(SECRET, str(copies.mapped("message_ids.body")))
        self.assertNotIn(SECRET, str(copies.mapped("description")))
        self.assertFalse(
            self.env["ir.attachment"].search(
                [
                    ("res_model", "!=", "mail.message"),
                    ("checksum", "=", file.checksum),
                ]
            )
        )
        self.assertEqual(message.attachment_ids, file)
        self.assertEqual(base64.b64decode(file.datas), SECRET.encode())
