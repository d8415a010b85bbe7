from email import message_from_bytes, policy

from odoo.tests import new_test_user

from odoo.addons.helpdesk_contact.tests.common import ContactCommon
from odoo.addons.mail.tests.common import MailCommon

SENDER_ADDRESS = "support@helpdesk.example"


class TicketCommon(ContactCommon, MailCommon):
    """A helpdesk with a team, an agent at work and a customer who writes mails."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.helpdesk_sender_address = SENDER_ADDRESS
        cls.team = cls.env["helpdesk.team"].create(
            {
                "name": "Support",
                "company_id": cls.company.id,
                "member_ids": [(6, 0, (cls.agent + cls.manager).ids)],
            }
        )
        cls.agent_env = cls.env(user=cls.agent)

    @classmethod
    def _create_ticket(cls, **values):
        """Create a ticket of Anna's that nobody has read, without sending mail."""
        return (
            cls.env["helpdesk.ticket"]
            .with_context(tracking_disable=True)
            .create(
                {
                    "name": "Printer does not print",
                    "partner_id": cls.anna.id,
                    "team_id": cls.team.id,
                    "company_id": cls.company.id,
                    **values,
                }
            )
            .with_context(tracking_disable=False)
        )

    @classmethod
    def _create_leave(cls, user, start, end):
        """Let a colleague be on leave.

        :param start: `datetime` or str in UTC, as Odoo stores it
        :param end: likewise
        """
        resource = cls.env["resource.resource"].create(
            {"name": user.name, "user_id": user.id, "company_id": cls.company.id}
        )
        cls.env["resource.calendar.leaves"].create(
            {
                "name": "Leave",
                "resource_id": resource.id,
                "calendar_id": resource.calendar_id.id,
                "date_from": start,
                "date_to": end,
            }
        )

    @classmethod
    def _create_portal_user(cls, partner, login=None):
        """Give a contact access to the portal of our company."""
        return new_test_user(
            cls.env,
            login or f"portal-{partner.firstname.lower()}",
            groups="base.group_portal",
            name=partner.name,
            email=partner.email,
            partner_id=partner.id,
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    def _mail_in(
        self,
        subject="Printer does not print",
        email_from="Anna Huber <anna@huber.example>",
        body="It only blinks.",
        **headers,
    ):
        """Give a plain mail to the gateway of our company.

        :return: the `helpdesk.ticket` that it reached or opened
        """
        lines = [
            f"From: {email_from}",
            f"To: {SENDER_ADDRESS}",
            f"Subject: {subject}",
            f"Message-ID: {headers.pop('message_id', self._message_id())}",
            "Content-Type: text/plain; charset=utf-8",
        ]
        lines += [f"{name.replace('_', '-')}: {text}" for name, text in headers.items()]
        raw = "\r\n".join([*lines, "", body]).encode()
        ticket_id = (
            self.env["mail.thread"]
            .with_company(self.company)
            .message_process("helpdesk.ticket", raw)
        )
        return self.env["helpdesk.ticket"].browse(ticket_id)

    def _message_id(self):
        self.mail_count = getattr(self, "mail_count", 0) + 1
        return f"<{self.mail_count}@huber.example>"

    def _open_at(self, ticket, moment):
        """Let a ticket be one that was opened at a moment, a text in UTC."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE helpdesk_ticket SET create_date = %s WHERE id = %s",
            (moment, ticket.id),
        )
        self.env.invalidate_all()

    def _answer(self, ticket, body="Please switch it off and on.", **context):
        """Answer a ticket as the agent does in the chatter."""
        return (
            ticket.with_user(self.agent)
            .with_context(**context)
            .message_post(
                body=body, message_type="comment", subtype_xmlid="mail.mt_comment"
            )
        )

    def _check_no_added_header(self):
        """rel-C5: the mails of `mock_mail_gateway` have no header that somebody wrote
        into a subject or a name."""
        self.assertTrue(self._mails)
        for sent in self._mails:
            message = self.env["ir.mail_server"]._build_email__(
                sent["email_from"],
                sent["email_to"],
                sent["subject"],
                sent["body"],
                reply_to=sent["reply_to"],
                references=sent["references"],
                headers=sent["headers"],
            )
            message = message_from_bytes(message.as_bytes(), policy=policy.default)
            self.assertFalse(message["Bcc"])
            self.assertNotRegex(str(message["Subject"]), r"[\r\n\0]")
