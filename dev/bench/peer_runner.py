"""What runs in Odoo's Python for the peer: it brings its database into a state and measures what it is asked for."""

import sys

# Completes the namespace package: only then can names be imported from odoo.
import odoo.init  # noqa: F401

from dev.bench import rows, subject_mail, subject_portal, subject_views
from dev.bench.asking import serve
from dev.bench.session import Database

GROUPS = ("base.group_user", "helpdesk_mgmt.group_helpdesk_manager")


class Answers:
    """What the peer can be asked.

    :param config: path of its Odoo's configuration file
    """

    def __init__(self, config):
        self.database = Database(config, GROUPS)
        self.kept = {}
        self.screens = {}
        self.mails = None

    def load(self, count):
        """Fill the database up to ``count`` rows."""
        rows.load_peer(self.database, count)
        self.mails = None

    def keep(self, count, is_last):
        """Keep the state with ``count`` rows for its screens; the last one needs no copy."""
        self.kept[count] = self.database if is_last else self.database.keep(count)

    def prepare_views(self, count):
        """Return the names of the screens that can be asked for in the state with ``count`` rows."""
        self.screens[count] = subject_views.asks_of(self.kept[count], subject_views.OCA, count)
        return list(self.screens[count])

    def view(self, count, screen):
        """Return the Cost of a screen in the state with ``count`` rows."""
        return self.screens[count][screen]()

    def portal(self, count):
        """Return lists of [page, Cost]."""
        costs = subject_portal.measure_site(self.database, subject_portal.OCA, count)
        return [[page, cost] for (_name, page), cost in costs.items()]

    def mail(self, number):
        """Return the Costs of ``number`` mails: to make tickets of them, and to send what that brings."""
        self.mails = self.mails or subject_mail.peer_writer(self.database)
        return subject_mail.measure_peer(self.database, self.mails.write(number))


if __name__ == "__main__":
    serve(Answers, *sys.argv[1:])
