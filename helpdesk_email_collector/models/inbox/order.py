from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ...place import NEW

# So often is a mail put off; each time twice as long, from one minute on, unless what
# it waits for is done before: four hours in all.
MAX_POSTPONED = 8
# What is not processed after so long never may be.
AWAITED_HOURS = 24


class HelpdeskInboxMail(models.Model):
    """An answer is not processed before the mail that it answers (E05, E06).

    A mail may wait for another attempt, or another process has it just now. What
    answers it waits, too: it would find no ticket and open a second one. Only for mails
    that came earlier, so no two wait for each other, and never for one that waits for
    a person. Mixed into `helpdesk.inbox.mail`, whose fields it uses.
    """

    _inherit = "helpdesk.inbox.mail"

    waits_for_id = fields.Many2one(
        "helpdesk.inbox.mail",
        "Waits for",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    # no default: it would be written into each row of a large inbox
    postponed = fields.Integer("Times Postponed", readonly=True)

    def _find_awaited(self, mail, place):
        """Return the first mail of this one's conversation that is to be processed
        before it.

        One query, and only for a mail that names others and has no ticket.

        :param Mail mail: as it was read
        :param Place place: where it belongs
        :return: the row, or none
        """
        wanted = place.arrival.forced_by or self.postponed >= MAX_POSTPONED
        if wanted or place.kind != NEW:
            return self.browse()
        since = fields.Datetime.now() - timedelta(hours=AWAITED_HOURS)
        # no limit: PostgreSQL would look for the first one through the whole inbox
        return self.search_fetch(
            Domain("state", "=", "waiting")
            & Domain("id", "<", self.id)
            & Domain("company_id", "=", self.company_id.id)
            & Domain("received_date", ">", since)
            & (
                Domain("message_id", "in", mail.answered)
                | Domain("conversation_key", "in", self._get_conversation_keys(mail))
            ),
            ["next_attempt"],
            order="id",
        )[:1]

    def _postpone(self, awaited):
        """Let this mail wait for another one.

        It goes on as soon as that one is done; the moment is for what nobody foresaw.

        :param awaited: the row that is to be processed before
        """
        now = fields.Datetime.now()
        pause = timedelta(minutes=2**self.postponed)
        moment = max(awaited.next_attempt or now, now) + pause
        self.write(
            {
                "waits_for_id": awaited.id,
                "postponed": self.postponed + 1,
                "next_attempt": moment,
                "interruptions": max(self.interruptions - 1, 0),
            }
        )
        self._trigger_processing(moment)

    @api.model
    def _find_released(self, offered=()):
        """Return the mails that need not wait for another one any longer.

        Asked after each transaction that ended: whichever of the two ends last, that of
        the awaited mail or that of the one that waits, sees the other.

        :param offered: (id, times postponed) of what this worker was given already;
            when somebody else locks such a mail, it is left to the next run
        """
        released = self.search_fetch(
            Domain("waits_for_id", "!=", False)
            & Domain("state", "=", "waiting")
            & Domain("waits_for_id.state", "!=", "waiting"),
            ["size", "interruptions", "postponed"],
            order="id",
        )
        return released.filtered(lambda mail: (mail.id, mail.postponed) not in offered)

    def _stop_waiting(self):
        """Let these mails wait for no other one: somebody wants them processed now."""
        impatient = self.filtered(
            lambda mail: mail.waits_for_id and mail.waits_for_id not in self
        )
        impatient.write({"postponed": MAX_POSTPONED})
        self.filtered("waits_for_id").write({"waits_for_id": False})
