from contextlib import contextmanager
from datetime import timedelta

from odoo import api, fields, models, tools
from odoo.tools import SQL
from odoo.tools.misc import hmac

from odoo.addons.helpdesk_contact.cleaning import delete_expired

# What is counted -> (minutes, amount): the requests, or kilobytes, that are dealt with
# in these minutes. The addon of a channel adds its own in `_get_scopes`. A system
# parameter can change the first amount of each.
LIMITS = {
    # requests of one address for signed links, and those among them that failed
    "link": ((1, 60),),
    "link_wrong": ((1, 10),),
    # what one address writes into the public form
    "form": ((1, 5), (60, 30), (1440, 100)),
    # what everybody together writes into the form of one company
    "form_all": ((60, 300), (1440, 2000)),
    # kilobytes of files that one address sends by form and link, and all addresses
    "file_size": ((60, 60 * 1024), (1440, 200 * 1024)),
    "file_size_all": ((60, 1024 * 1024), (1440, 4 * 1024 * 1024)),
    # kilobytes of files that one user of the portal uploads for new tickets
    "upload_size": ((60, 500 * 1024), (1440, 2 * 1024 * 1024)),
    # tickets that one customer opens in the portal, and what it writes on tickets,
    # there or by a link
    "portal_ticket": ((1, 10), (60, 60), (1440, 300)),
    "portal_answer": ((1, 20), (60, 200), (1440, 1000)),
    # tickets of one sender by the form; further ones wait for a manager
    "form_sender": ((10, 5), (60, 10), (1440, 20)),
    # automatic mails to one address because of the form or a request on hold
    "form_answer": ((10, 5), (60, 10), (600, 30)),
    # new addresses of one contact, and the mails to one address that ask for its click
    "address": ((10, 5), (60, 10), (1440, 20)),
    "address_mail": ((10, 3), (60, 5), (1440, 10)),
    # requests of one contact in the portal, and the mails about them
    "request": ((10, 5), (60, 10), (1440, 30)),
    "request_mail": ((10, 5), (60, 10), (1440, 30)),
    # the same words of one person: a form that was sent twice says them once
    "once": ((2, 1),),
    # requests for the self-check with one token, and of one address with a wrong one
    "check": ((1, 30),),
    "check_wrong": ((1, 10),),
}
MEMORY = timedelta(days=1)
# So many digits of a key name the lock of the database that goes with it.
LOCK = 15


class HelpdeskThrottle(models.Model):
    """Limits on requests, exact across all worker processes (rel-H3, rel-H4).

    `_take` counts within the transaction: the count is rolled back with it, and others
    who count for the same subject wait until the transaction ends. `_take_at_once`
    counts in a transaction of its own, whatever happens later: others wait only while
    it counts. Never use both for the same subject in one transaction, which would wait
    for itself. What is stored as rows anyway, such as the mails of a sender, is not
    counted here: `_find_exceeded` checks these rows.

    One row for each count, never changed. Addresses are stored as keyed hashes only,
    for a day.
    """

    _name = "helpdesk.throttle"
    _description = "Counter of Requests"
    _log_access = False

    key = fields.Char(required=True, readonly=True)
    date = fields.Datetime(required=True, readonly=True)
    amount = fields.Integer(required=True, readonly=True, default=1)

    _key_idx = models.Index("(key, date)")
    _date_idx = models.Index("(date)")

    @api.model
    def _get_key(self, scope, subject):
        # sudo: reads the secret of the database; only a hash is returned
        return hmac(self.sudo().env, "helpdesk_ticket.throttle", (scope, subject))

    @api.model
    def _get_scopes(self):
        """Return the limits of all channels; a hook.

        :return: dict of tuples of (minutes, amount) by scope
        """
        return LIMITS

    @api.model
    @tools.ormcache()
    def _get_all_limits(self):
        return self._get_scopes()

    @api.model
    def _get_limits(self, scope):
        """Return the limits of a scope, the first as a system parameter says.

        :param str scope: a key of `_get_scopes`
        :return: a list of (minutes, amount)
        """
        (minutes, amount), *others = self._get_all_limits()[scope]
        # sudo: reads a number that an administrator chose
        parameters = self.env["ir.config_parameter"].sudo()
        chosen = parameters.get_param(f"helpdesk_ticket.limit_{scope}", "")
        return [(minutes, int(chosen) if chosen.isdecimal() else amount), *others]

    @api.model
    def _find_exceeded(self, scope, taken, amount=1):
        """Return the limit of a scope that a further amount would exceed.

        :param str scope: a key of `_get_scopes`
        :param taken: (moment, amount) of each count
        :param int amount: the further amount
        :return: (minutes, amount), or None if it is allowed
        """
        now, taken = fields.Datetime.now(), list(taken)
        for minutes, limit in self._get_limits(scope):
            begin = now - timedelta(minutes=minutes)
            if amount + sum(size for date, size in taken if date > begin) > limit:
                return minutes, limit
        return None

    @api.model
    def _is_exceeded(self, scope, subject, amount=1):
        """Return whether a limit is used up.

        :param str scope: a key of `_get_scopes`
        :param str subject: for example an address
        :param int amount: the further amount
        :rtype: bool
        """
        taken = self._get_taken(scope, subject)
        return bool(self._find_exceeded(scope, taken.values(), amount))

    @api.model
    def _get_taken(self, scope, subject):
        """Return the counts of a subject in a scope that this transaction sees.

        :return: dict of (moment, amount) by id of the row
        """
        longest = max(minutes for minutes, _amount in self._get_limits(scope))
        since = fields.Datetime.now() - timedelta(minutes=longest)
        domain = [("key", "=", self._get_key(scope, subject)), ("date", ">", since)]
        # sudo: nobody may read the counts; only whether a limit is exceeded is returned
        rows = self.sudo().search_fetch(domain, ["date", "amount"])
        return {row.id: (row.date, row.amount) for row in rows}

    @api.model
    def _count(self, scope, subject, amount=1):
        """Add a count.

        :param str scope: a key of `_get_scopes`
        :param str subject: for example an address
        :param int amount: to add
        """
        # sudo: counted for all users, who cannot see it
        self.sudo().create(
            {
                "key": self._get_key(scope, subject),
                "date": fields.Datetime.now(),
                "amount": amount,
            }
        )

    @api.model
    def _take(self, scope, subject):
        """Count once, if it is within the limit.

        The count is rolled back with the transaction, so failed requests are not
        counted.

        :param str scope: a key of `_get_scopes`
        :param str subject: for example an address
        :return: whether it is allowed
        :rtype: bool
        """
        self._wait_for_others(scope, subject)
        taken = self._get_taken(scope, subject)
        with self.env.registry.cursor() as cr:
            taken |= self.with_env(self.env(cr=cr))._get_taken(scope, subject)
        if self._find_exceeded(scope, taken.values()):
            return False
        self._count(scope, subject)
        return True

    @api.model
    def _take_at_once(self, *wanted):
        """Count all that a request needs, or nothing, in a transaction of its own.

        Simultaneous requests see each other's counts, whichever worker processes them.
        The counts remain if the request fails, or is retried by Odoo.

        :param tuple wanted: of (scope, subject, amount)
        :return: whether all of it is allowed
        :rtype: bool
        """
        wanted = [
            (scope, subject, amount) for scope, subject, amount in wanted if amount
        ]
        with self.env.registry.cursor() as cr:
            counters = self.with_env(self.env(cr=cr))
            keys = [counters._get_key(scope, who) for scope, who, _amount in wanted]
            with counters._one_after_the_other(keys):
                allowed = not any(counters._is_exceeded(*one) for one in wanted)
                for one in wanted if allowed else ():
                    counters._count(*one)
                cr.commit()  # pylint: disable=invalid-commit
        return allowed

    @api.model
    def _wait_for_others(self, scope, subject):
        """Process requests with the same subject one after the other, each until its
        transaction ends.

        Only a new transaction sees what others committed meanwhile.

        :param str scope: of the requests
        :param str subject: for example a user
        """
        lock = int(self._get_key(scope, subject)[:LOCK], 16)
        self.env.cr.execute(SQL("SELECT pg_advisory_xact_lock(%s)", lock))

    @contextmanager
    def _one_after_the_other(self, keys):
        """Lock these keys, so that others cannot count for them meanwhile.

        A transaction sees only what was committed before it began, so these are session
        locks, and the transaction begins once all are held. They are always taken in
        the same order, to avoid deadlocks.
        """
        cr, locks = self.env.cr, sorted({int(key[:LOCK], 16) for key in keys})
        try:
            for lock in locks:
                cr.execute(SQL("SELECT pg_advisory_lock(%s)", lock))
            cr.rollback()
            yield
        finally:
            cr.rollback()
            for lock in locks:
                cr.execute(SQL("SELECT pg_advisory_unlock(%s)", lock))

    @api.autovacuum
    def _gc_counts(self):
        """Delete counts that no limit needs any more."""
        return delete_expired(self, [("date", "<", fields.Datetime.now() - MEMORY)])
