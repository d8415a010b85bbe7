import socket
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import BaseCase, mute_logger, tagged

from .. import mailbox_connection
from ..mailbox_connection import Policy, connect
from ..mailbox_errors import MailboxError
from .common import CollectorCommon, plain_mail
from .fake_imap import FakeImap

MODEL = "odoo.addons.helpdesk_email_collector.models.mailbox.fetchmail_server"
# Spellings that the resolver of the machine understands, and those of IPv6.
INTERNAL = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "127.255.255.254",
    "0.0.0.0",
    "0",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.1.1",
    "100.64.0.1",
    "100.100.100.200",
    "169.254.0.1",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "168.63.129.16",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "2001:0:7f00:1::80ff:fffe",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "2606:4700:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]


@tagged("post_install", "-at_install")
class TestMailboxNetwork(BaseCase):
    """rel-F2: a mailbox is no door into the network behind Odoo."""

    def test_internal_addresses_in_all_spellings(self):
        """rel-F2: whatever the spelling, what counts is the address behind it."""
        for host in INTERNAL:
            with (
                self.subTest(host=host),
                patch.object(socket, "create_connection") as dialled,
                self.assertRaises(MailboxError) as caught,
            ):
                connect(host, 143, Policy(), 1)
            self.assertEqual(caught.exception.kind, "internal")
            self.assertFalse(dialled.called)

    def test_public_addresses(self):
        """rel-F2: servers on the internet are allowed."""
        for address in PUBLIC:
            self.assertTrue(Policy().allows(address), address)

    def test_allowed_networks(self):
        """rel-F2: a parameter allows networks; what is no network allows nothing."""
        policy = Policy("10.0.0.0/8, ::1/128; 192.168.5.7, nonsense, 300.1.1.1/8")
        for address in ("10.1.2.3", "::ffff:10.1.2.3", "::1", "192.168.5.7"):
            self.assertTrue(policy.allows(address), address)
        for address in ("127.0.0.1", "192.168.5.8", "fe80::1", "169.254.169.254"):
            self.assertFalse(policy.allows(address), address)

    def test_ports(self):
        """rel-F2: ports of mail only, or those that are configured."""
        for port in (110, 143, 993, 995):
            self.assertTrue(Policy().allows_port(port))
        for port in (0, 22, 25, 80, 443, 3306, 10143):
            self.assertFalse(Policy().allows_port(port))
            with self.assertRaises(MailboxError) as caught:
                connect("mail.example.com", port, Policy(), 1)
            self.assertEqual(caught.exception.kind, "port")
        chosen = Policy(ports="143, 10000 - 10200")
        self.assertTrue(chosen.allows_port(10143))
        self.assertFalse(chosen.allows_port(993))

    def test_rebinding(self):
        """rel-F2: a name is resolved once, and what was checked is what is dialled."""
        answers = [["8.8.8.8", "127.0.0.1"], ["127.0.0.1"]]
        asked, dialled = [], []

        def resolve(host, port, **_options):
            asked.append(host)
            return [(2, 1, 6, "", (address, port)) for address in answers.pop(0)]

        def dial(address, timeout):
            dialled.append(address)
            raise ConnectionRefusedError

        with (
            patch.object(mailbox_connection.socket, "getaddrinfo", resolve),
            patch.object(mailbox_connection.socket, "create_connection", dial),
            self.assertRaises(ConnectionRefusedError),
        ):
            connect("rebind.example", 143, Policy(), 1)
        self.assertEqual(asked, ["rebind.example"])
        self.assertEqual(dialled, [("8.8.8.8", 143)])


@tagged("post_install", "-at_install")
class TestMailboxReach(CollectorCommon):
    """rel-F2: the same on the button *Test Connection*."""

    def _test_connection(self, **values):
        self.server.write({"server": "127.0.0.1", "is_ssl": False, **values})
        with self.assertRaises(UserError) as caught, mute_logger(MODEL):
            self.server.action_helpdesk_test_connection()
        return str(caught.exception)

    def test_one_sentence_for_whatever_is_not_there(self):
        """rel-F2: a closed port, silence, another protocol: no port scanner."""
        self.patch(mailbox_connection, "CONNECT_SECONDS", 0.2)
        module = "odoo.addons.helpdesk_email_collector.mailbox_connection"
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            port = closed.getsockname()[1]
            sentence = self._test_connection(port=port)
        self.assertIn("No mail server of this type could be reached", sentence)
        for greeting in (
            b"",
            b"220 x ESMTP\r\n",
            b"SSH-2.0\r\n",
            b"* BYE busy\r\n",
            None,
        ):
            for kind in ("imap", "pop"):
                with (
                    socket.create_server(("127.0.0.1", port)) as other,
                    patch(f"{module}.TIMEOUT", 0.2),
                    self.subTest(greeting=greeting, kind=kind),
                ):
                    other.settimeout(5)
                    heard = self._while_answering(other, greeting, port, kind)
                    self.assertEqual(heard, sentence)
        with patch.object(mailbox_connection.socket, "getaddrinfo", self._unknown):
            self.assertEqual(self._test_connection(port=port), sentence)
        with FakeImap() as fake:
            text = self._test_connection(port=fake.port, is_ssl=True)
        self.assertEqual(text, sentence.replace(str(port), str(fake.port)))

    def _while_answering(self, server, greeting, port, kind):
        """Test the connection to a server that says something, or nothing (None)."""
        lines = []

        def dial(address, timeout):
            client = create(address, timeout)
            line, _address = server.accept()
            lines.append(line)
            if greeting is not None:
                line.sendall(greeting)
                line.close()
            return client

        create = socket.create_connection
        with patch.object(mailbox_connection.socket, "create_connection", dial):
            text = self._test_connection(port=port, server_type=kind)
        for line in lines:
            line.close()
        return text

    @staticmethod
    def _unknown(*_arguments, **_options):
        raise socket.gaierror(-2, "Name or service not known")

    def test_parameters(self):
        """rel-F2: internal networks and other ports are allowed by the parameters."""
        parameters = self.env["ir.config_parameter"]
        prefix = "helpdesk_email_collector.allowed_"
        with FakeImap(plain_mail()) as fake:
            values = {"port": fake.port, "password": fake.password}
            parameters.set_param(f"{prefix}networks", "")
            self.assertIn("allowed_networks", self._test_connection(**values))
            parameters.set_param(f"{prefix}networks", "127.0.0.0/8")
            parameters.set_param(f"{prefix}ports", False)
            self.assertIn("allowed_ports", self._test_connection(**values))
            self.assertFalse(fake.commands)
            parameters.set_param(f"{prefix}ports", str(fake.port))
            self.server.action_helpdesk_test_connection()

    def test_referral_is_not_followed(self):
        """rel-F2: a server cannot send us to another (RFC 2193)."""

        class Referring(FakeImap):
            def _do_login(self, _arguments):
                return ["NO [REFERRAL imap://127.0.0.1:1/] elsewhere"]

        with Referring() as fake:
            text = self._test_connection(port=fake.port, password="x")
        self.assertIn("refused the user name or the password", text)
