from odoo import api, models
from odoo.tools.mail import plaintext2html

from odoo.addons.helpdesk_ticket.incoming import IncomingMessage, IncomingRequest


class HelpdeskPhoneNote(models.AbstractModel):
    """What a telephone system notes of a call, handed to the one door of requests."""

    _name = "helpdesk.phone.note"
    _description = "Telephone Note"

    @api.model
    def take(self, caller, subject, note):
        """Open the ticket of a call.

        :param str caller: name and e-mail address of whoever called
        :param str subject: what it is about
        :param str note: what was said, as plain text
        :return: the number of the ticket
        :rtype: str
        :raise AccessError: the user may not open tickets
        """
        self.env["helpdesk.ticket"].check_access("create")
        # sudo: whoever may open tickets may note a call of anybody
        intake, company = self.env["helpdesk.intake"].sudo(), self.env.company
        request = IncomingRequest(
            channel="helpdesk_phone_note.channel_phone_note",
            company_id=company.id,
            person=intake._get_person(caller, company),
            message=IncomingMessage(
                subject=subject,
                body=plaintext2html(note),
                text=note,
                kind="comment",
                email_from=caller,
            ),
            decided=True,  # by whoever took the call
        )
        ticket_id = intake._open(request).ticket_id
        return intake.env["helpdesk.ticket"].browse(ticket_id).number
