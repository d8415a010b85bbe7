import re

from odoo import models

NUMBER = re.compile(r"\bPK(?: ?\d{3}){2}\b", re.IGNORECASE)


class HelpdeskMailSourceMixin(models.AbstractModel):
    """What conditions see of a mail: the numbers of parcels in its text."""

    _inherit = "helpdesk.mail.source.mixin"

    def _source_parcel(self, mail, place, header):
        subject = self._read_source(mail, place, "subject").raw
        body = self._read_source(mail, place, "body").raw
        return [number for text in (*subject, *body) for number in NUMBER.findall(text)]
