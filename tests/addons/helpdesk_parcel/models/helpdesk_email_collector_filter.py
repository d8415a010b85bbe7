import re

from odoo import fields, models

NUMBER = re.compile(r"\bPK(?: ?\d{3}){2}\b", re.IGNORECASE)


class HelpdeskEmailCollectorFilter(models.Model):
    """A condition: the numbers of parcels in the text of a mail, compared like any text."""

    _inherit = "helpdesk.email.collector.filter"

    source = fields.Selection(selection_add=[("parcel", "Parcel number")], ondelete={"parcel": "cascade"})

    def _source_parcel(self, mail, place, header):
        subject = self._read_source(mail, place, "subject").raw
        body = self._read_source(mail, place, "body").raw
        return [number for text in (*subject, *body) for number in NUMBER.findall(text)]
