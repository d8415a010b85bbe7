from odoo.addons.helpdesk_device.tests.common import DeviceCommon


class MonitoringCommon(DeviceCommon):
    """A monitoring program that watches Anna's computer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.source = cls._create_source()
        cls.key = cls.source._issue_token()

    @classmethod
    def _create_source(cls, **values):
        return cls.env["helpdesk.monitoring.source"].create(
            {
                "name": "Our monitoring",
                "kind": "generic",
                "company_id": cls.company.id,
                "team_id": cls.team.id if "company_id" not in values else False,
                "user_id": cls.manager.id,
                **values,
            }
        )

    def _get_tickets(self):
        channel = self.env.ref("helpdesk_device_monitoring.channel_monitoring")
        return self.env["helpdesk.ticket"].search(
            [("channel_id", "=", channel.id)], order="id"
        )
