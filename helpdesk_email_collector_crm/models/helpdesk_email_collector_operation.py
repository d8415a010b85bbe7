from odoo import api, fields, models


class HelpdeskEmailCollectorOperation(models.Model):
    """The operation *Create a lead* (E03)."""

    _inherit = "helpdesk.email.collector.operation"

    code = fields.Selection(
        selection_add=[("create_lead", "Create a lead"), ("ignore",)],
        ondelete={"create_lead": "cascade"},
    )

    @api.model
    def _get_document_codes(self):
        return super()._get_document_codes() | {"create_lead"}

    @api.model
    def _get_ticketless_codes(self):
        return super()._get_ticketless_codes() | {"create_lead"}

    @api.model
    def _get_value_models(self):
        return super()._get_value_models() | {"crm.team"}

    def _value_model_create_lead(self):
        return "crm.team"

    def _prepare_lead_values(self, mail, place, ticket):
        """Return the values of a lead made of a mail; a hook.

        :param Mail mail: the mail
        :param Place place: where it belongs
        :param ticket: `helpdesk.ticket` that holds it, or none
        :rtype: dict
        """
        team = self._get_value_record()
        return {
            **self._prepare_document_values(mail, place, ticket),
            "email_from": place.sender.address,
            "contact_name": place.sender.name,
            "company_id": place.company_id,
            # the gateway's technical user must not become the salesperson
            "user_id": False,
            **({"team_id": team.id} if team else {}),
        }

    def _apply_create_lead(self, mail, place, decision, ticket, answers):
        values = self._prepare_lead_values(mail, place, ticket)
        self._link_document(self.env["crm.lead"].create(values), ticket)

    def _describe_create_lead(self, mail=None, place=None, decision=None):
        team = self._get_value_record()
        if team:
            return self.env._("Create a lead for %(team)s", team=team.display_name)
        return self.env._("Create a lead")
