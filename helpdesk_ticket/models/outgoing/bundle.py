from markupsafe import Markup

from odoo import fields, models
from odoo.tools import format_date, format_time, plaintext2html

from odoo.addons.helpdesk_contact.inside import inside


class HelpdeskTicket(models.Model):
    """The mails to customers besides answers: updates of their ticket, its promised
    dates and its service orders (`work/fsm_order.py`) (T09).

    Updates are stored; some minutes later one mail describes the current state. What
    was undone meanwhile is not mentioned.
    """

    _inherit = "helpdesk.ticket"

    notice_ids = fields.One2many(
        "helpdesk.ticket.notice",
        "ticket_id",
        string="Pending notices",
        readonly=True,
    )

    # -- store -------------------------------------------------------------------

    def _get_audience(self):
        """Return the tickets whose customers are notified of the current change: not of
        their own actions, and not for tickets that were merged or closed as duplicates.

        :return: `helpdesk.ticket`
        """
        own = self.env.user.partner_id
        return self.filtered(
            lambda ticket: (
                ticket.active
                and ticket.notify_partner
                and ticket.partner_id != own
                and not ticket.merged_into_id
                and (ticket.is_open or not ticket.duplicate_of_id)
            )
        )

    def _note_stages(self, former):
        """Store that tickets got another stage, if customers are notified of that
        stage.

        :param dict former: the previous `helpdesk.ticket.stage` of each ticket
        """
        if inside(self.env, "helpdesk_closing_quiet") or not self._may_notify():
            return
        self.env["helpdesk.ticket.notice"]._note(
            [
                {
                    "ticket_id": ticket.id,
                    "kind": "stage",
                    "stage_id": ticket.stage_id.id,
                    "former_stage_id": former[ticket].id,
                }
                for ticket in self._get_audience()
                if ticket.stage_id._is_told_after(former[ticket])
            ]
        )

    def _get_promised(self):
        """Return the promised solution dates by ticket, of whose changes customers are
        notified.

        Not of tickets that are being opened: severity and type may still change, and
        nobody knows of a promise yet.

        :return: dict of datetimes
        """
        if not self._may_notify():
            return {}
        opening = self.env.cr.now().replace(microsecond=0)
        return {
            ticket: moment
            for ticket in self._get_audience()
            if ticket.company_id.helpdesk_notify_promises
            and (moment := ticket._get_pending().get("solution"))
            and ticket.create_date.replace(microsecond=0) != opening
        }

    def _note_promises(self, before):
        """Store that the promised solution dates have changed.

        :param dict before: the previous dates by ticket
        """
        self.env["helpdesk.ticket.notice"]._note(
            [
                {"ticket_id": ticket.id, "kind": "promise", "moment": moment}
                for ticket, moment in before.items()
                if ticket._get_pending().get("solution", moment) != moment
            ]
        )

    # -- send --------------------------------------------------------------------

    def _send_news(self):
        """Send one mail for each of these tickets, with all pending updates.

        :return: number of processed notices
        """
        told = self._get_audience().filtered(lambda ticket: ticket._get_news())
        told._post_notice("helpdesk_ticket.mail_template_ticket_news")
        done = self.notice_ids
        done.unlink()
        return len(done)

    def _get_news(self):
        """Return the updates for the customer of this ticket, in the language of the
        context; a hook for other addons.

        :return: list of Markup, at least a paragraph each
        """
        self.ensure_one()
        return [*self._get_stage_news(), *self._get_promise_news()]

    def _get_notices(self, kind):
        """Return the stored notices, the earliest first.

        :param str kind: of `helpdesk.ticket.notice`
        """
        # sudo: technical rows
        notices = self.sudo().notice_ids.filtered(lambda one: one.kind == kind)
        return notices.sorted(lambda one: (one.due, one.id))

    def _get_stage_news(self):
        """Return the update about the current stage, unless it is the same as
        before."""
        notices = self._get_notices("stage")
        first, last = notices[:1], notices[-1:]
        stage = self.stage_id
        if not last or last.stage_id != stage or first.former_stage_id == stage:
            return []
        return [plaintext2html(stage._get_words_after(last.former_stage_id))]

    def _get_promise_news(self):
        """Return the update about another date, if it is in the future."""
        before = self._get_notices("promise")[:1].moment
        now = self._get_pending().get("solution")
        if not before or not now or now == before or now < fields.Datetime.now():
            return []
        line = self.env._(
            "The promised solution date has changed from %(before)s to %(moment)s.",
            moment=self._show_moment(now),
            before=self._show_moment(before),
        )
        return [Markup("<p>%s</p>") % line]

    def _show_moment(self, moment):
        """Return a moment as text, in the time zone of the contact or else of our
        company.

        :param datetime moment: in UTC
        """
        zone = self.partner_id.tz or self.company_id._get_helpdesk_timezone()
        env = self.with_context(tz=zone).env
        day = format_date(env, moment, date_format="full")
        return f"{day}, {format_time(env, moment, tz=zone, time_format='short')}"
