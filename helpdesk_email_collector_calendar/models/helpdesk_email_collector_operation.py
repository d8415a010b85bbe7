from datetime import timedelta

from odoo import api, fields, models

from ..invitation import read_invitation


class HelpdeskEmailCollectorOperation(models.Model):
    """The operation *Create an event* (E03)."""

    _inherit = "helpdesk.email.collector.operation"

    code = fields.Selection(
        selection_add=[("create_event", "Create an event"), ("ignore",)],
        ondelete={"create_event": "cascade"},
    )

    @api.model
    def _get_document_codes(self):
        return super()._get_document_codes() | {"create_event"}

    @api.model
    def _get_ticketless_codes(self):
        return super()._get_ticketless_codes() | {"create_event"}

    def _value_model_create_event(self):
        return "res.users"

    @api.model
    def _get_invitation(self, mail, place):
        """Return the event of the first calendar in a mail, or None.

        :param Mail mail: the mail
        :param Place place: where it belongs
        """
        return mail.source("invitation", lambda: self._find_invitation(mail, place))

    @api.model
    def _find_invitation(self, mail, place):
        company = self.env["res.company"].browse(place.company_id)
        zone = company.resource_calendar_id.tz or "UTC"
        for _name, raw, _info in mail.files:
            if raw[:200].lstrip().upper().startswith(b"BEGIN:VCALENDAR"):
                return read_invitation(raw.decode("utf-8", "replace"), zone)
        return None

    def _prepare_event_values(self, mail, place, ticket):
        """Return the values of an event made of a mail; a hook.

        It is at the time of the invitation; without one, in the next full hour, for an
        hour.

        :param Mail mail: the mail
        :param Place place: where it belongs
        :param ticket: `helpdesk.ticket` that holds it, or none
        :rtype: dict
        """
        document = self._prepare_document_values(mail, place, ticket)
        user = self._get_value_record()
        invitation = self._get_invitation(mail, place)
        values = {
            "name": document["name"],
            "description": document["description"],
            "user_id": user.id if user else False,
            "partner_ids": [fields.Command.set(user.partner_id.ids if user else [])],
        }
        if not invitation:
            now = fields.Datetime.now().replace(minute=0, second=0, microsecond=0)
            start = now + timedelta(hours=1)
            return {**values, "start": start, "stop": start + timedelta(hours=1)}
        values.update(location=invitation.location, allday=invitation.all_day)
        if invitation.all_day:
            days = {"start_date": invitation.start, "stop_date": invitation.stop}
            values.update({name: day.date() for name, day in days.items()})
        values.update(start=invitation.start, stop=invitation.stop)
        return {**values, "name": invitation.summary or values["name"]}

    def _apply_create_event(self, mail, place, decision, ticket, answers):
        # nobody is invited: the event is a note of ours
        events = self.env["calendar.event"].with_context(
            no_mail_to_attendees=True, dont_notify=True
        )
        event = events.create(self._prepare_event_values(mail, place, ticket))
        self._link_document(event, ticket)

    def _describe_create_event(self, mail=None, place=None, decision=None):
        invitation = self._get_invitation(mail, place) if mail else None
        if not invitation:
            return self.env._("Create an event")
        return self.env._(
            "Create an event on %(date)s: %(name)s",
            date=fields.Date.to_string(invitation.start),
            name=invitation.summary,
        )
