from markupsafe import Markup

from odoo import fields, models
from odoo.tools import format_date, format_time, plaintext2html

from odoo.addons.helpdesk_contact.inside import inside


class HelpdeskTicket(models.Model):
    """What customers are told besides answers: what becomes of their ticket and of
    what was promised, and of its service orders (`work/fsm_order.py`) (T09).

    Where something happens it is noted; some minutes later one mail tells what has
    become of it until then. What was undone meanwhile is not told.
    """

    _inherit = "helpdesk.ticket"

    notice_ids = fields.One2many(
        "helpdesk.ticket.notice",
        "ticket_id",
        string="Pending notices",
        readonly=True,
    )

    # -- note it ----------------------------------------------------------------

    def _get_audience(self):
        """Return the tickets whose customers are told what is done now: whoever does
        something to an own ticket need not be told, and what was merged, or closed as
        a duplicate, goes on elsewhere.

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
        """Note that tickets got another stage, where the stage says so.

        :param dict former: the `helpdesk.ticket.stage` of each ticket before
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
        """Return until when a solution is promised, by ticket: what customers are told
        of when it changes.

        Tickets that are only being opened are none of them: their severity and type
        may still be chosen, and nobody has seen a promise yet.

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
        """Note that another solution date is promised than before.

        :param dict before: what was promised, by ticket
        """
        self.env["helpdesk.ticket.notice"]._note(
            [
                {"ticket_id": ticket.id, "kind": "promise", "moment": moment}
                for ticket, moment in before.items()
                if ticket._get_pending().get("solution", moment) != moment
            ]
        )

    # -- tell it ----------------------------------------------------------------

    def _send_news(self):
        """Write one mail for each of these tickets, of all that waits to be told.

        :return: the number of notices that are done
        """
        told = self._get_audience().filtered(lambda ticket: ticket._get_news())
        told._post_notice("helpdesk_ticket.mail_template_ticket_news")
        done = self.notice_ids
        done.unlink()
        return len(done)

    def _get_news(self):
        """Return what the customer is to be told of this ticket now, in the language
        of the context; a hook for other addons.

        :return: list of Markup, a paragraph or more each
        """
        self.ensure_one()
        return [*self._get_stage_news(), *self._get_promise_news()]

    def _get_notices(self, kind):
        """Return what was noted, the first of it first.

        :param str kind: of `helpdesk.ticket.notice`
        """
        # sudo: technical rows
        notices = self.sudo().notice_ids.filtered(lambda one: one.kind == kind)
        return notices.sorted(lambda one: (one.due, one.id))

    def _get_stage_news(self):
        """Tell of the stage that the ticket has: not of one that it had meanwhile, nor
        of the one that it had all the time."""
        notices = self._get_notices("stage")
        first, last = notices[:1], notices[-1:]
        stage = self.stage_id
        if not last or last.stage_id != stage or first.former_stage_id == stage:
            return []
        return [plaintext2html(stage._get_words_after(last.former_stage_id))]

    def _get_promise_news(self):
        """Tell of another date, as long as it is one to come."""
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
        """Return a moment in words, where the contact is or else where we are.

        :param datetime moment: in UTC
        """
        zone = self.partner_id.tz or self.company_id._get_helpdesk_timezone()
        env = self.with_context(tz=zone).env
        day = format_date(env, moment, date_format="full")
        return f"{day}, {format_time(env, moment, tz=zone, time_format='short')}"
