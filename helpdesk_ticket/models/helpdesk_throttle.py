from contextlib import contextmanager
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import hmac

# What is counted -> (minutes, requests): so many requests in so many minutes are dealt
# with. The first number of each can be changed by a system parameter.
LIMITS = {
    # requests of one address for signed links, and those among them that failed
    "link": ((1, 60),),
    "link_wrong": ((1, 10),),
    # what one address writes into the public form
    "form": ((1, 5), (60, 30), (1440, 100)),
    # tickets that one customer opens in the portal, and what it writes on tickets,
    # there or by a link
    "portal_ticket": ((1, 10), (60, 60)),
    "portal_answer": ((1, 20), (60, 200)),
    # tickets of one sender by the form; further ones wait for a manager
    "form_sender": ((10, 5), (60, 10), (1440, 20)),
    # automatic mails to one address because of the form or a request on hold
    "form_answer": ((10, 5), (60, 10), (600, 30)),
    # requests of one contact in the portal, and the mails about them
    "request": ((10, 5), (60, 10), (1440, 30)),
    "request_mail": ((10, 5), (60, 10), (1440, 30)),
}
MEMORY = timedelta(days=1)


class HelpdeskThrottle(models.Model):
    """Counts what people without an account do, for all worker processes (rel-H4).

    A row for each time, never changed. Only strangers' requests of the same address
    wait for each other, as long as counting takes. Addresses are kept as keyed hashes
    only, for a day.
    """

    _name = "helpdesk.throttle"
    _description = "Counter of Requests"
    _log_access = False

    key = fields.Char(required=True, readonly=True)
    date = fields.Datetime(required=True, readonly=True)

    _key_idx = models.Index("(key, date)")
    _date_idx = models.Index("(date)")

    @api.model
    def _get_key(self, scope, subject):
        # sudo: reads the secret of the database; only the hash leaves this method
        return hmac(self.sudo().env, "helpdesk_ticket.throttle", (scope, subject))

    @api.model
    def _get_limits(self, scope):
        """Return the limits of a scope, the first as a system parameter says.

        :param str scope: a key of LIMITS
        :return: a list of (minutes, requests)
        """
        (minutes, count), *others = LIMITS[scope]
        # sudo: reads a number that an administrator chose
        parameters = self.env["ir.config_parameter"].sudo()
        chosen = parameters.get_param(f"helpdesk_ticket.limit_{scope}", "")
        return [(minutes, int(chosen) if chosen.isdecimal() else count), *others]

    @api.model
    def _is_exceeded(self, scope, subject):
        """Say whether somebody has used up what a scope allows.

        :param str scope: a key of LIMITS
        :param str subject: who, for example an address
        :rtype: bool
        """
        now = fields.Datetime.now()
        key = self._get_key(scope, subject)
        # sudo: nobody reads the counters; only yes or no leaves this method
        rows = self.sudo()
        return any(
            rows.search_count(
                [("key", "=", key), ("date", ">", now - timedelta(minutes=minutes))],
                limit=count,
            )
            >= count
            for minutes, count in self._get_limits(scope)
        )

    @api.model
    def _count(self, scope, subject):
        """Count one more time of somebody.

        :param str scope: a key of LIMITS
        :param str subject: who, for example an address
        """
        # sudo: whoever asks is counted, and sees nothing of it
        self.sudo().create(
            {"key": self._get_key(scope, subject), "date": fields.Datetime.now()}
        )

    @api.model
    def _take(self, scope, subject):
        """Count one more time of somebody, if that is allowed still.

        :param str scope: a key of LIMITS
        :param str subject: who, for example an address
        :return: whether it is allowed
        :rtype: bool
        """
        if self._is_exceeded(scope, subject):
            return False
        self._count(scope, subject)
        return True

    @api.model
    def _take_at_once(self, scope, subject):
        """Count one more time of a stranger, in a transaction of its own.

        Each of several requests at the same moment sees the counts of the others,
        whichever worker process deals with them. What is counted stays counted when
        the request fails, or when Odoo tries it again.

        :param str scope: a key of LIMITS
        :param str subject: who, for example an address
        :return: whether it is allowed
        :rtype: bool
        """
        with self.env.registry.cursor() as cr:
            counters = self.with_env(self.env(cr=cr))
            with counters._one_after_the_other(counters._get_key(scope, subject)):
                allowed = counters._take(scope, subject)
                cr.commit()  # pylint: disable=invalid-commit
        return allowed

    @contextmanager
    def _one_after_the_other(self, key):
        """Keep others from counting for the same key meanwhile.

        A transaction sees what others committed before it began: so the lock is not
        that of a transaction, and one begins when there is the lock.
        """
        cr, lock = self.env.cr, int(key[:15], 16)
        cr.execute(SQL("SELECT pg_advisory_lock(%s)", lock))
        cr.rollback()
        try:
            yield
        finally:
            cr.rollback()
            cr.execute(SQL("SELECT pg_advisory_unlock(%s)", lock))

    @api.autovacuum
    def _gc_counts(self):
        """Forget what no limit looks at any more."""
        self.search([("date", "<", fields.Datetime.now() - MEMORY)]).unlink()
