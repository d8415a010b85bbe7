import re

from .common import TicketCommon

LINK = re.compile(r"/helpdesk/link/(\d+)/(\d+|c[0-9a-f]{16})/([0-9a-f]+)")


class LinkCommon(TicketCommon):
    """Anna's ticket, which Bernd follows, and the links in its mails."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ticket = cls._create_ticket()
        cls.ticket.message_subscribe(cls.bernd.ids)

    def _get_links(self, ticket=None):
        """Return the links in the mails of an answer by address, as their parts."""
        with self.mock_mail_gateway():
            self._answer(ticket or self.ticket)
        return {
            address: self._parse(mail["body"])
            for mail in self._mails
            for address in mail["email_to"]
        }

    def _parse(self, body):
        found = LINK.search(str(body))
        if not found:
            return None
        name = int(found[2]) if found[2].isdecimal() else found[2]
        return int(found[1]), name, found[3]

    def _get_link(self, partner=None):
        return self._get_links()[(partner or self.anna).email_formatted]

    def _open(self, link):
        """Return the ticket that a link opens, as somebody without an account."""
        public = self.env.ref("base.public_user")
        tickets = self.env(user=public, context={})["helpdesk.ticket"]
        return tickets._find_by_link(*link)[0]
