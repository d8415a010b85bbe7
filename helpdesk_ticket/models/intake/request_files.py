from odoo import fields, models


class HelpdeskTicketRequest(models.Model):
    """The files of a request, which are stored with it until it has a ticket."""

    _inherit = "helpdesk.ticket.request"

    attachment_ids = fields.Many2many(
        "ir.attachment",
        string="Files",
        compute="_compute_attachment_ids",
        compute_sudo=False,
        help="What came with the request. The ticket gets the files.",
    )

    def _compute_attachment_ids(self):
        """Show the files to users who may read and decide about the request (C07)."""
        files = self.env["ir.attachment"].search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)], order="id"
        )
        of_request = files.grouped("res_id")
        for request in self:
            request.attachment_ids = of_request.get(request._origin.id, files.browse())

    def _add_files(self, files):
        """Store files with this request, unchanged.

        :param files: of (name, content)
        """
        # sudo: the sender has no access to files
        attachments = self.env["ir.attachment"].sudo()
        attachments.with_context(image_no_postprocess=True).create(
            [
                {
                    "name": name,
                    "raw": raw,
                    "res_model": self._name,
                    "res_id": self.id,
                }
                for name, raw in files
            ]
        )

    def _get_files(self):
        # sudo: the files of a request that is made a ticket, whoever decides
        files = self.env["ir.attachment"].sudo()
        domain = [("res_model", "=", self._name), ("res_id", "=", self.id)]
        return files.search(domain, order="id")
