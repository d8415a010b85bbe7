from dataclasses import replace

import pytz
from markupsafe import Markup

from odoo import api, models
from odoo.tools.mail import email_normalize

from ...decision import Forwarded
from ...forwarded_mail import ForwardedMail, plain_subject, read_forwarded
from ...reading.process import read
from ...sender import Sender, sender_of

SUFFIX = ".eml"


class HelpdeskInboxMail(models.Model):
    """A forwarded mail is a request of the original's author (E08)."""

    _inherit = "helpdesk.inbox.mail"

    @api.model
    def _place_forwarded(self, mail, place):
        """Use sender, date, subject and text of the original of a forwarded mail (E08).

        Only for agents, because nobody knows whether what customers quote is true. If
        trusted servers are named, they must confirm the agent (rel-D1).
        """
        company = self.env["res.company"].browse(place.company_id)
        if not company.helpdesk_open_forwarded or place.doubt:
            return place
        agent = self._find_forwarding_agent(place, company)
        original = agent and self._read_original(mail, agent, company)
        address = email_normalize(original.address) if original else ""
        if not address or self.env["helpdesk.own.address"]._is_own(address):
            return place
        forwarded = Forwarded(
            agent_id=agent.partner_id.id,
            subject=original.subject,
            body=Markup(original.body),  # a part of what was made harmless
            note=original.note,
            date=original.date,
            files=original.files,
        )
        sender = Sender(original.name, address)
        contact = self.env["res.partner"]._helpdesk_find_by_email(
            address, name=original.name, company=company
        )
        return replace(
            place,
            forwarded=forwarded,
            sender=sender,
            contact_id=contact.id or 0,
            author_id=contact.id or 0,
            is_internal=self._is_internal(contact),
            doubt="",
        )

    @api.model
    def _find_forwarding_agent(self, place, company):
        """Return the `res.users` with the sender's address, if that is an agent."""
        # sudo: whether the sender is one of our agents
        users = self.env["res.partner"].browse(place.author_id).sudo().user_ids
        return users.filtered(
            lambda user: (
                not user.share
                and user.has_group("helpdesk_contact.group_helpdesk_user")
                and company in user.company_ids
            )
        )[:1]

    @api.model
    def _read_original(self, mail, agent, company):
        """Return the original of a forwarded mail, or None.

        It is in the text, or it is the only attached mail.
        """
        zone = pytz.timezone(agent.tz or company.partner_id.tz or "UTC")
        original = read_forwarded(mail.subject, str(mail.body), zone)
        if original:
            return original
        attached = [file for file in mail.files if file[0].lower().endswith(SUFFIX)]
        return self._read_attached(mail, attached[0][1]) if len(attached) == 1 else None

    @api.model
    def _read_attached(self, mail, raw):
        """Return an attached mail as the original; its files are added to the
        others."""
        inner = read(raw)
        sender = sender_of(inner)
        if not sender.address or sender.doubt:
            return None
        return ForwardedMail(
            name=sender.name,
            address=sender.address,
            subject=inner.subject or plain_subject(mail.subject)[0],
            date=inner.date,
            body=str(inner.body),
            note=str(mail.body),
            files=inner.files,
        )
