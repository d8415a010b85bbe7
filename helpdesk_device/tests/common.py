from odoo.addons.helpdesk_ticket.tests.common import TicketCommon


class DeviceCommon(TicketCommon):
    """Anna's computer, which is connected."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.device = cls.env["fsm.equipment"].create(
            {
                "name": "PC-017",
                "host_name": "PC-017",
                "contact_id": cls.anna.id,
                "company_id": cls.company.id,
            }
        )
        cls.token = cls.device._issue_token()

    def _make_code(self, partner=None):
        """Return the code that an agent makes, as it is read out."""
        action = (partner or self.anna).with_user(self.agent).action_make_device_code()
        return action["context"]["default_token"]

    def _enrol(self, code, **machine):
        """Connect a device as somebody without an account."""
        public = self.env.ref("base.public_user")
        codes = self.env(user=public, context={})["helpdesk.device.code"]
        return codes._enrol(code, {"host_name": "PC-017", **machine})
