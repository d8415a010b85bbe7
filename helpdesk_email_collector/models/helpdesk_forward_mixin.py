import email.policy
from email import message_from_bytes

import pytz
from markupsafe import Markup

from odoo import api, models
from odoo.fields import Datetime
from odoo.tools.mail import email_normalize, formataddr, is_html_empty

from ..collected_mail import CollectedMail
from ..forwarded_mail import ForwardedMail, plain_subject, read_forwarded
from ..sender import Sender, sender_of

SUFFIX = ".eml"


class HelpdeskForwardMixin(models.AbstractModel):
    """A mail that an agent forwards opens the ticket of its original sender (E08)."""

    _name = "helpdesk.forward.mixin"
    _description = "Mail Forwarded by an Agent"

    @api.model
    def _open_forwarded(self, mail):
        """Let a forwarded mail be the original's: sender, date, subject and text.

        Only an agent's: of customers nobody knows whether what they quote is true. The
        agent must be proven where trusted servers are named (rel-D1).

        :param CollectedMail mail: its values change; `forwarded` remembers the agent
        """
        if not mail.company.helpdesk_open_forwarded or self._get_doubt(mail):
            return
        agent = self._find_forwarding_agent(mail)
        original = agent and self._read_original(mail, agent)
        if not original or self._is_own_original(mail, original):
            return
        text = formataddr((original.name, original.address))
        mail.msg_dict.update(
            {
                "email_from": text,
                "from": text,
                "author_id": False,
                "subject": original.subject,
                # a part of the text that core took for html, sanitized when stored
                "body": Markup(original.body),
            }
        )
        if original.date:
            mail.msg_dict["date"] = Datetime.to_string(original.date)
        mail.forwarded = {
            "agent": agent.partner_id,
            "note": original.note,
            "date": original.date,
        }
        mail.sources["sender"] = Sender(original.name, original.address)
        for known in ("claimed_contact", "doubt"):
            mail.sources.pop(known, None)

    @api.model
    def _find_forwarding_agent(self, mail):
        """Return the `res.users` whose address a mail comes from, if it is an agent."""
        users = (
            self._get_contact(mail)
            .sudo()  # whether the sender is one of our agents
            .user_ids.filtered(
                lambda user: (
                    not user.share
                    and user.has_group("helpdesk_contact.group_helpdesk_user")
                    and mail.company in user.company_ids
                )
            )
        )
        return users[:1]

    @api.model
    def _is_own_original(self, mail, original):
        """Say whether the original is ours: our answers open no tickets."""
        address = email_normalize(original.address)
        return not address or self.env["helpdesk.own.address"]._is_own(address)

    @api.model
    def _read_original(self, mail, agent):
        """Return the original that a mail forwards, or None.

        It stands in the text, or is the one mail that is attached.
        """
        values = mail.msg_dict
        zone = pytz.timezone(agent.tz or mail.company.partner_id.tz or "UTC")
        original = read_forwarded(values.get("subject"), values.get("body"), zone)
        if original:
            return original
        attached = [
            file[1]
            for file in values.get("attachments") or []
            if file[0].lower().endswith(SUFFIX) and isinstance(file[1], bytes)
        ]
        return self._read_attached(mail, attached[0]) if len(attached) == 1 else None

    @api.model
    def _read_attached(self, mail, raw):
        """Return an attached mail as the original; its files come to the others."""
        inner = CollectedMail(raw, company=mail.company, inbox=mail.inbox)
        safe = self.env["helpdesk.mail.reader"]._read(inner, "helpdesk.ticket")
        if not safe:
            return None
        message = message_from_bytes(safe, policy=email.policy.SMTP)
        gateway = self.env["mail.thread"].with_context(helpdesk_mail=None)
        parsed = gateway.message_parse(message)
        sender = sender_of(message)
        if not sender.address or sender.doubt:
            return None
        files = mail.msg_dict.setdefault("attachments", [])
        files += parsed.get("attachments") or []
        date = parsed.get("date")
        return ForwardedMail(
            name=sender.name,
            address=sender.address,
            subject=parsed.get("subject")
            or plain_subject(mail.msg_dict.get("subject"))[0],
            date=Datetime.to_datetime(date) if date else None,
            body=parsed.get("body") or "",
            note=mail.msg_dict.get("body") or "",
        )

    @api.model
    def _finish_forwarded(self, mail):
        """Let the agent follow the ticket, and keep what it wrote above the original.

        :param CollectedMail mail: whose ticket holds the original now
        """
        if not mail.forwarded or mail.decision != "create":
            return
        agent, note = mail.forwarded["agent"], mail.forwarded["note"]
        mail.ticket.message_subscribe(agent.ids)
        text = self.env._("Forwarded by %(agent)s.", agent=agent.display_name)
        body = Markup("<p>%s</p>") % text
        if not is_html_empty(note):
            body += Markup(note)  # as above
        mail.ticket.message_post(
            body=body,
            author_id=agent.id,
            message_type="comment",
            subtype_xmlid="mail.mt_note",
        )
