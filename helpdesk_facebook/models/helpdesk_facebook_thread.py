from datetime import timedelta

from odoo import api, fields, models

from ..payload import MESSAGE

WINDOW, LONG_WINDOW = timedelta(hours=24), timedelta(days=7)


class HelpdeskFacebookThread(models.Model):
    """A person's conversation with a page, or the comments below one post."""

    _name = "helpdesk.facebook.thread"
    _description = "Conversation on Facebook"
    _order = "last_date desc, id desc"
    _rec_name = "sender"

    page_id = fields.Many2one(
        "helpdesk.facebook.page", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="page_id.company_id", store=True, index=True)
    sender = fields.Char(required=True, readonly=True, index=True)
    key = fields.Char(required=True, readonly=True)
    reply_to = fields.Char(required=True, readonly=True)
    last_date = fields.Datetime(required=True, readonly=True)
    ticket_id = fields.Many2one(
        "helpdesk.ticket", readonly=True, index="btree_not_null", ondelete="set null"
    )

    _thread_uniq = models.Constraint(
        "UNIQUE(page_id, sender, key)", "This conversation is already known."
    )

    @api.model
    def _get(self, page, item):
        """Return the conversation of an item; it is created for the first one.

        :param page: `helpdesk.facebook.page`
        :param Item item: what somebody wrote
        """
        identity = {"page_id": page.id, "sender": item.sender, "key": item.thread}
        thread = self.search([(name, "=", value) for name, value in identity.items()])
        values = {"reply_to": item.reply_to, "last_date": item.date}
        if not thread:
            return self.create({**identity, **values})
        if item.date >= thread.last_date:
            thread.write(values)
        return thread

    @api.model
    def _find(self, ticket, sender, private):
        """Return the conversation over which a person gets an answer of a ticket.

        :param ticket: `helpdesk.ticket`
        :param str sender: id of the person
        :param bool private: a conversation that nobody else can read
        :return: at most one record
        """
        domain = [
            ("sender", "=", sender),
            ("company_id", "=", ticket.company_id.id),
            ("page_id.active", "=", True),
        ]
        if private:
            domain.append(("key", "=", MESSAGE))
        threads = self.search(domain)
        own = threads.filtered(lambda thread: thread.ticket_id == ticket)
        return (own or threads)[:1]

    def _get_open_ticket(self):
        """Return the open `helpdesk.ticket` that the next message is added to, if
        any."""
        return self.ticket_id.filtered("is_open")

    def _get_sending(self):
        """Return the Send API's parameters at this moment, None if it accepts nothing.

        :return: dict of `messaging_type`, and `tag` after 24 hours
        """
        silence = fields.Datetime.now() - self.last_date
        if silence < WINDOW:
            return {"messaging_type": "RESPONSE"}
        if self.page_id.human_agent and silence < LONG_WINDOW:
            return {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
        return None
