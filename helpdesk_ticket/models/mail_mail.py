import re
from dataclasses import dataclass, field
from datetime import timedelta

from odoo import api, fields, models, modules
from odoo.tools import split_every
from odoo.tools.mail import email_normalize

from odoo.addons.helpdesk_contact.cleaning import delete_expired
from odoo.addons.helpdesk_contact.inside import Inside, inside

from ..plain_text import to_plain_text

# What tells a mail in the helpdesk's layout.
LAYOUT_MARK = 'class="hd_card"'
# Mails per connection to the mail server, unless Odoo's parameter says otherwise
SESSION_MAILS = 1000
TAG = re.compile(r"<[^>]+>")
# Where an address in a tag begins that names no protocol: one of another server ("//")
# or one of ours ("/").
ADDRESS = re.compile(
    r"""((?:\s(?:src|href|background)="|\burl\((?:&\#34;|&quot;|&\#39;|')?))(?=(//?))"""
)


@dataclass(eq=False)  # by identity: Odoo compares contexts with `==`
class SentMails:
    """The mails that are to be deleted when all of them are sent."""

    ids: list = field(default_factory=list)


class OwnChar(fields.Char):
    """A text of the message that is sent, which a mail may have of its own.

    A mail and its message are one record to Odoo: what is written into the mail stands
    in the message from then on, and the customer's own words would get our address.
    """

    own = None

    def _compute_related(self, records):
        res = super()._compute_related(records)
        for mail in records:
            if mail[self.own]:
                mail[self.name] = mail[self.own]
        return res


class MailMail(models.Model):
    _inherit = "mail.mail"

    email_from = OwnChar(
        related="mail_message_id.email_from",
        inherited=True,
        own="helpdesk_email_from",
        depends=["mail_message_id.email_from", "helpdesk_email_from"],
    )
    subject = OwnChar(
        related="mail_message_id.subject",
        inherited=True,
        own="helpdesk_subject",
        depends=["mail_message_id.subject", "helpdesk_subject"],
    )
    helpdesk_email_from = fields.Char("Sent from the ticket's address", readonly=True)
    helpdesk_subject = fields.Char("Subject with the ticket's number", readonly=True)
    helpdesk_is_alone = fields.Boolean(
        "Sent by the helpdesk about no record", readonly=True
    )

    def send_after_commit(self):
        """Leave the mails of tickets to the queue, and wake it (N01).

        Odoo would send them itself before it answers the page that posted the message:
        whoever answers waits for the mail server, and the queue, which sees the same
        mails, stops at one that is sent and deleted before it gets there.
        """
        queued = self.browse()
        if not modules.module.current_test:  # as in Odoo's own method
            queued = self.filtered(lambda mail: mail.model == "helpdesk.ticket")
        if queued:
            # sudo: people who write messages may not wake scheduled actions
            queue = self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()
            queue._trigger()
        others = self - queued
        return super(MailMail, others).send_after_commit() if others else None

    def send(self, auto_commit=False, raise_exception=False, post_send_callback=None):
        """Send mails; those that are not to be kept go together at the end.

        A deletion asks for attachments, activities, defaults and names of the record,
        for one mail as for a thousand: a quarter of what it costs to send a mail.
        """
        if not auto_commit or inside(self.env, "helpdesk_sent_mails"):
            return super().send(auto_commit, raise_exception, post_send_callback)
        sent = SentMails()
        later = self.with_context(helpdesk_sent_mails=Inside(sent))
        res = super(MailMail, later).send(
            auto_commit, raise_exception, post_send_callback
        )
        # sudo: as Odoo itself deletes what was sent, whoever sends it
        self.sudo().browse(sent.ids).exists().unlink()
        return res

    def _prepare_outgoing_list(self, mail_server=False, doc_to_followers=None):
        """Give the helpdesk's mails a text part that reads like a letter."""
        found = super()._prepare_outgoing_list(
            mail_server=mail_server, doc_to_followers=doc_to_followers
        )
        for one in found:
            if LAYOUT_MARK in one["body"]:
                one["body_alternative"] = to_plain_text(one["body"])
        return found

    def _split_by_mail_configuration(self):
        """Group mails by how they are sent: what comes from one address, over one
        connection.

        The name before the address is the writer's, and for each name Odoo would log in
        to the mail server again.
        """
        groups = {}
        for (
            server_id,
            domain_id,
            smtp_from,
            ids,
        ) in super()._split_by_mail_configuration():
            key = server_id, domain_id, email_normalize(smtp_from) or smtp_from
            groups.setdefault(key, (smtp_from, []))[1].extend(ids)
        # sudo: reads one parameter of Odoo's
        parameters = self.env["ir.config_parameter"].sudo()
        size = int(parameters.get_param("mail.session.batch.size", 0)) or SESSION_MAILS
        for (server_id, domain_id, _address), (smtp_from, ids) in groups.items():
            for batch_ids in split_every(size, ids):
                yield server_id, domain_id, smtp_from, batch_ids

    def unlink(self):
        """Delete mails; those that were sent just now when all of them are sent.

        Their messages go as well. Odoo wants the right to change what those are about,
        and lets nobody delete one that is about no record: for the mails that the
        helpdesk sends without one, the right to delete mails is enough.
        """
        later = inside(self.env, "helpdesk_sent_mails")
        if later is None or any(mail.state != "sent" for mail in self):
            if self.env.su:
                return super().unlink()
            self.check_access("unlink")
            alone = self.filtered(
                lambda mail: mail.helpdesk_is_alone and not mail.res_id
            )
            # sudo: whoever may delete these mails, which was just asked
            super(MailMail, alone.sudo()).unlink()
            return super(MailMail, self - alone).unlink()
        later.ids.extend(self.ids)
        return True

    def write(self, vals):
        """Write values; sending writes an identifier again that stands there already,
        and Odoo would look for all mails of that message.

        Only the queue, which may do everything: Odoo asks of others whether they may
        change the message.
        """
        known = self.env.su and "message_id" in vals and len(self) == 1
        if known and vals["message_id"] == self.message_id:
            vals = {name: vals[name] for name in vals if name != "message_id"}
        return super().write(vals)

    @api.autovacuum
    def _gc_sent_mails(self):
        """Delete the mails that were sent when Odoo ended before it could do so."""
        day_ago = fields.Datetime.now() - timedelta(days=1)
        return delete_expired(
            self,
            [
                ("state", "=", "sent"),
                ("auto_delete", "=", True),
                ("write_date", "<", day_ago),
            ],
        )


class MailRenderMixin(models.AbstractModel):
    _inherit = "mail.render.mixin"

    def _replace_local_links(self, html, base_url=None):
        """Complete the addresses of a text also where Odoo fails, which takes those of
        styles that begin with "//" for ours, and refuses what climbs up ("/a/../b").

        One such address in a header, an answer or a solution kept the whole mail from
        being sent (N03, T15).
        """
        try:
            return super()._replace_local_links(html, base_url)
        except ValueError:
            base = (base_url or self.get_base_url()).rstrip("/")
            starts = {"/": base, "//": "https:"}

            def complete(tag):
                return ADDRESS.sub(lambda found: found[1] + starts[found[2]], tag[0])

            return type(html)(TAG.sub(complete, str(html)))
