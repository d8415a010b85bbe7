from odoo import api, fields, models


class HelpdeskPartnerDelete(models.TransientModel):
    """Deletes customers permanently; their tickets are closed and detached (K12)."""

    _name = "helpdesk.partner.delete"
    _description = "Deletion of Customers and Contacts"

    partner_ids = fields.Many2many(
        "res.partner", string="Customers and contacts", required=True
    )
    partner_count = fields.Integer(
        string="Customers and contacts chosen", compute="_compute_figures"
    )
    contact_count = fields.Integer(
        string="Contacts of these companies",
        compute="_compute_figures",
        help="Contacts that are deleted together with their company.",
    )
    ticket_count = fields.Integer(string="Affected tickets", compute="_compute_figures")
    open_ticket_count = fields.Integer(
        string="Open tickets to be closed", compute="_compute_figures"
    )

    @api.depends("partner_ids")
    def _compute_figures(self):
        for wizard in self:
            partners = wizard._get_all_partners()
            groups = dict(
                self.env["helpdesk.ticket"]
                .with_context(active_test=False)
                ._read_group(
                    partners._get_helpdesk_ticket_domain(), ["is_open"], ["__count"]
                )
            )
            wizard.partner_count = len(wizard.partner_ids)
            wizard.contact_count = len(partners) - len(wizard.partner_ids)
            wizard.ticket_count = sum(groups.values())
            wizard.open_ticket_count = groups.get(True, 0)

    def _get_all_partners(self):
        """Return the chosen partners with all contacts below them, also archived
        ones."""
        return (
            self.env["res.partner"]
            .with_context(active_test=False)
            .search([("id", "child_of", self.partner_ids.ids)])
        )

    def action_delete(self):
        """Close and detach all tickets of the customers, then delete the customers.

        :return: an `ir.actions.act_window` with the list of customers
        :rtype: dict
        :raise UserError: when a customer cannot be deleted, for example because of
            invoices
        """
        self.ensure_one()
        partners = self._get_all_partners()
        companies = any(self.partner_ids.mapped("is_company"))
        partners.unlink()
        # Back to the list: the form behind the dialog shows nothing any more.
        kind = "customer" if companies else "contact"
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"helpdesk_contact.action_helpdesk_{kind}"
        )
        return {**action, "target": "main"}
