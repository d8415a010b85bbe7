from odoo import api, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

# Tickets that an e-mail lists one by one.
LISTED = 50


class HelpdeskTicket(models.Model):
    """The e-mail about passed deadlines to those responsible, one each (T25, T26)."""

    _inherit = "helpdesk.ticket"

    @api.model
    def _mail_overdue(self, raised, tickets_by_user):
        """Send each user one e-mail, in the user's language, about these tickets."""
        template = self.env.ref(
            "helpdesk_ticket.mail_template_overdue", raise_if_not_found=False
        )
        if not template or not tickets_by_user:
            return
        overdue = {
            user.id: {
                "count": len(tickets),
                "more": len(tickets[LISTED:]),
                "lines": [(ticket, raised[ticket.id]) for ticket in tickets[:LISTED]],
            }
            for user, tickets in tickets_by_user.items()
        }
        errors, left = {}, [list(overdue)]
        while left:
            user_ids = left.pop()
            # what waits to be written is none of the template's, and stays
            self.env.flush_all()
            try:
                with self.env.cr.savepoint(flush=False):
                    self._send_overdue(template, user_ids, overdue)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                raise  # the whole run is repeated
            except Exception as error:  # noqa: BLE001 - a template raises anything
                self.env.transaction.clear()
                if len(user_ids) > 1:  # for whom it is, is known by trying only
                    left = [[user_id] for user_id in user_ids]
                else:
                    lines = overdue[user_ids[0]]["lines"]
                    errors.update({ticket: error for ticket, _promises in lines})
        if errors:
            late = self.browse([ticket.id for ticket in errors])
            late._tell_of_broken_template(template, errors)

    @api.model
    def _send_overdue(self, template, user_ids, overdue):
        """Send the e-mail about overdue tickets to some users.

        :param template: `mail.template` for users
        :param list user_ids: who gets it
        :param dict overdue: what it lists, by id of the user
        """
        # RFC 3834 section 5: an automatic mail says so, and programs don't answer.
        headers = {"headers": repr({"Auto-Submitted": "auto-generated"})}
        template.with_context(helpdesk_overdue=overdue).send_mail_batch(
            user_ids,
            email_values=headers,
            email_layout_xmlid="helpdesk_ticket.mail_layout",
        )
