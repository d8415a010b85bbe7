from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools.mail import formataddr, plaintext2html

from odoo.addons.helpdesk_ticket.incoming import (
    IncomingMessage,
    IncomingRequest,
    Person,
)

CHANNEL = "helpdesk_ticket.channel_hotkey"


class HelpdeskDeviceRequest(models.Model):
    """A request of a device, which is carried out once however often it is sent: a
    program that is offline repeats it until it gets an answer (C12)."""

    _name = "helpdesk.device.request"
    _description = "Request of a Device"
    _order = "id desc"
    _rec_name = "key"

    device_id = fields.Many2one(
        "fsm.equipment", required=True, readonly=True, ondelete="cascade"
    )
    key = fields.Char(required=True, readonly=True)
    details = fields.Json(readonly=True)
    ticket_id = fields.Many2one(
        "helpdesk.ticket", readonly=True, index="btree_not_null", ondelete="set null"
    )
    request_id = fields.Many2one(
        "helpdesk.ticket.request",
        string="Request on hold",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    _key_uniq = models.Constraint(
        "UNIQUE(device_id, key)", "This request was already sent."
    )

    @api.model
    def _find(self, device, key):
        """Return the request that a device sent before with the same key.

        :param device: `fsm.equipment` as the technical user
        :param str key: chosen by the program
        """
        requests = self.with_env(device.env)
        return requests.search([("device_id", "=", device.id), ("key", "=", key)])

    @api.model
    def _open(self, device, key, values, picture):
        """Open a ticket, or hold the request if only the primary contact may open
        tickets (C07).

        :param device: `fsm.equipment` as the technical user
        :param str key: chosen by the program
        :param dict values: what was typed, and details of the machine
        :param picture: (name, bytes), or None
        """
        requests = self.with_env(device.env)
        details = dict(values["facts"])
        if values["written_at"]:
            details["written_at"] = str(values["written_at"])
        if values["reporter"]:
            details["reporter"] = values["reporter"]
        # first of all, because the same request sent twice at once fails here
        opened = requests.create(
            {"device_id": device.id, "key": key, "details": details}
        )
        opened.flush_recordset()
        intake = requests.env["helpdesk.intake"]
        outcome = intake._open(opened._prepare_request(values, picture))
        opened.request_id = outcome.request_id or False
        if outcome.ticket_id:
            tickets = requests.env["helpdesk.ticket"]
            opened._complete(tickets.browse(outcome.ticket_id))
        return opened

    def _prepare_request(self, values, picture):
        """Return what was typed as an `IncomingRequest`."""
        device = self.device_id
        person = device._get_person()
        name = person.name or device.name
        address = person.email_normalized or ""
        return IncomingRequest(
            channel=CHANNEL,
            company_id=device.company_id.id,
            person=Person(name, address, person.id),
            message=IncomingMessage(
                subject=values["subject"],
                body=plaintext2html(values["text"]),
                text=values["text"],
                files=((*picture, {}),) if picture else (),
                kind="comment",
                email_from=formataddr((name, address)) if address else "",
            ),
            proven=True,
            values={"device_id": device.id},
        )

    def _complete(self, ticket):
        """Add to a ticket what the program reported about the machine.

        :param ticket: `helpdesk.ticket` created from this request
        """
        self.ensure_one()
        self.ticket_id = ticket
        details = {"device": self.device_id.name, **(self.details or {})}
        rows = Markup("").join(
            Markup("<tr><td>%s</td><td>%s</td></tr>") % pair for pair in details.items()
        )
        ticket._message_log(body=Markup("<table>%s</table>") % rows)

    def _answer(self, is_new):
        """Return the answer to this request.

        :param bool is_new: whether it was sent for the first time
        :return: HTTP status, body
        """
        self.ensure_one()
        ticket = self.ticket_id
        if ticket:
            message = self.env._(
                "Your ticket has the number %(number)s.", number=ticket.number
            )
            status = 201 if is_new else 200
            return status, {
                "ticket": ticket._describe_to_device(),
                "message": message,
            }
        if self.request_id.state in ("held", "declined"):
            primary = self.request_id.primary_contact_id
            message = self.env._(
                "Your request is waiting for %(name)s, who opens tickets for your "
                "company.",
                name=primary.name or "",
            )
            return 202, {"ticket": None, "message": message}
        message = self.env._(
            "Your request has been handled. It did not become a ticket."
        )
        return 200, {"ticket": None, "message": message}
