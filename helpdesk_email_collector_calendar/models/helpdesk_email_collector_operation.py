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
    def _get_invitation(self, mail):
        """Return the event of the first calendar in a mail, or None.

        :param CollectedMail mail: the mail
        """
        return mail.source("invitation", lambda: self._find_invitation(mail))

    @api.model
    def _find_invitation(self, mail):
        zone = mail.company.resource_calendar_id.tz or "UTC"
        for _name, content, *_info in mail.msg_dict.get("attachments") or []:
            raw = (
                content.encode() if isinstance(content, str) else bytes(content or b"")
            )
            if raw[:200].lstrip().upper().startswith(b"BEGIN:VCALENDAR"):
                return read_invitation(raw.decode("utf-8", "replace"), zone)
        return None

    def _prepare_event_values(self, mail):
        """Return the values of an event made of a mail; a hook.

        It is at the time of the invitation; without one, in the next full hour, for an
        hour.

        :param CollectedMail mail: the mail
        :rtype: dict
        """
        document = self._prepare_document_values(mail)
        user = self._get_value_record()
        invitation = self._get_invitation(mail)
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

    def _apply_create_event(self, mail):
        # nobody is invited: the event is a note of ours
        events = self.env["calendar.event"].with_context(
            no_mail_to_attendees=True, dont_notify=True
        )
        event = events.create(self._prepare_event_values(mail))
        self._link_document(event, mail)

    def _describe_create_event(self, mail=None):
        invitation = self._get_invitation(mail) if mail else None
        if not invitation:
            return self.env._("Create an event")
        return self.env._(
            "Create an event on %(date)s: %(name)s",
            date=fields.Date.to_string(invitation.start),
            name=invitation.summary,
        )
