from odoo.tests import mute_logger, tagged

from .common import CollectorCommon, plain_mail
from .fake_imap import FakeImap

MODEL = "odoo.addons.helpdesk_email_collector.models.mailbox.receive"
CONNECTION = "odoo.addons.helpdesk_email_collector.mailbox_connection"


@tagged("post_install", "-at_install")
class TestImapFaults(CollectorCommon):
    """E05, reliability 2: the line is cut at every command; nothing lost or doubled."""

    def _collect_from(self, fake):
        self.server.write(
            {
                "server": "127.0.0.1",
                "port": fake.port,
                "password": fake.password,
                "is_ssl": False,
                "helpdesk_done_folder": "Done",
            }
        )
        with self.committing() as env, mute_logger(MODEL, CONNECTION):
            error = self.server.with_env(env)._fetch_mail()
        self._process()
        return error

    def _mails(self, round_name):
        """Return three mails, one of them without Message-ID."""
        return [
            plain_mail(
                f"{round_name} {number}", body=f"{round_name} {number}", **headers
            )
            for number, headers in enumerate(({}, {"message_id": None}, {}))
        ]

    def test_cut_at_every_command(self):
        """E05: before a command takes effect, and before its answer arrives."""
        # more mails than a person sends: the cap would hold them back
        self.env["mail.gateway.allowed"].create({"email": "anna@huber.example"})
        with FakeImap(*self._mails("Uncut"), capabilities="MOVE") as fake:
            self.assertFalse(self._collect_from(fake))
            self.assertFalse(self._collect_from(fake))
            commands = len(fake.commands)
        self.assertEqual(len(fake.folders["Done"]), 3)
        lost, doubled, cuts = [], [], 0
        for cut in range(1, commands + 1):
            for before in (True, False):
                name = f"Cut {cut} {before}"
                # another mailbox each time: UIDs of the small server begin at 1
                self.server = self.server.copy({"state": "done"})
                with FakeImap(
                    *self._mails(name), cut=cut, before=before, capabilities="MOVE"
                ) as fake:
                    for _run in range(3):
                        self._collect_from(fake)
                cuts += 1
                for number in range(3):
                    count = self.env["helpdesk.ticket"].search_count(
                        [("name", "=", f"{name} {number}")]
                    )
                    lost += [(name, number)] if count < 1 else []
                    doubled += [(name, number)] if count > 1 else []
                self.assertEqual(len(fake.folders["Done"]), 3, name)
        self.assertGreaterEqual(cuts, 20)
        self.assertEqual((lost, doubled), ([], []))
