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

    def _prepare_lead_values(self, mail):
        """Return the values of a lead made of a mail; a hook.

        :param CollectedMail mail: the mail
        :rtype: dict
        """
        sender = self.collector_id._get_sender(mail)
        team = self._get_value_record()
        return {
            **self._prepare_document_values(mail),
            "email_from": sender.address,
            "contact_name": sender.name,
            "company_id": mail.company.id,
            # the gateway's technical user must not become the salesperson
            "user_id": False,
            **({"team_id": team.id} if team else {}),
        }

    def _apply_create_lead(self, mail):
        lead = self.env["crm.lead"].create(self._prepare_lead_values(mail))
        self._link_document(lead, mail)

    def _describe_create_lead(self, mail=None):
        team = self._get_value_record()
        if team:
            return self.env._("Create a lead for %(team)s", team=team.display_name)
        return self.env._("Create a lead")
