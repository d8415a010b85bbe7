from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.helpdesk_device.models.fsm_equipment import LIKE


class FsmEquipment(models.Model):
    """A device has a name by which monitoring programs know it (C12)."""

    _inherit = "fsm.equipment"

    monitoring_name = fields.Char(
        string="Name in the monitoring",
        copy=False,
        tracking=True,
        help="The name that monitoring programs use for the device, if it is neither "
        "its name nor its computer name.",
    )

    _monitoring_name_idx = models.UniqueIndex(
        "(COALESCE(company_id, 0), lower(monitoring_name)) "
        "WHERE monitoring_name IS NOT NULL",
        "Another device already has this name in the monitoring.",
    )

    @api.model
    def _find_monitored(self, host, company, customer):
        """Return the device that a monitoring program refers to.

        If devices of several customers have the name, the one of the source's customer
        is chosen, or none.

        :param str host: the program's name for it
        :param company: `res.company` of the source
        :param customer: `res.partner` of the source, may be empty
        :return: `fsm.equipment` with at most one record
        """
        if not host:
            return self.browse()
        pattern = LIKE.sub(r"\\\g<0>", host)
        names = ("monitoring_name", "host_name", "name")
        found = self.search(
            Domain.OR([(name, "=ilike", pattern)] for name in names)
            & Domain("company_id", "in", [company.id, False]),
        )
        for name in names:
            fitting = found.filtered(
                lambda device, name=name: (device[name] or "").lower() == host.lower()
            )
            own = fitting.filtered(lambda device: device.customer_id == customer)
            for devices in (fitting, own):
                if len(devices) == 1:
                    return devices
            if fitting:
                return self.browse()
        return self.browse()
