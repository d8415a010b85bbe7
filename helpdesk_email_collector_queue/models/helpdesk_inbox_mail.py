from odoo import api, models
from odoo.tools import config


class HelpdeskInboxMail(models.Model):
    """Each waiting mail is a job; the scheduled action remains as a fallback."""

    _inherit = "helpdesk.inbox.mail"

    @api.model
    def _store(self, values_list):
        mails = super()._store(values_list)
        # mails from a mail server are processed while it waits
        mails.filtered("server_id")._make_jobs()
        return mails

    def _process_soon(self):
        self._make_jobs()
        return super()._process_soon()

    def _make_jobs(self):
        """Create a job for each of these mails, in the transaction that stores it.

        Jobs and scheduled action use the same row locks: the first one processes the
        mail, and the other one finds nothing left to do.
        """
        if not self._has_job_runner():
            return
        for mail in self:
            mail.with_delay(
                # one job per mail, however often it is triggered
                identity_key=f"helpdesk.inbox.mail:{mail.id}",
                description=self.env._("Helpdesk mail %(id)s", id=mail.id),
            )._process_as_job()

    @api.model
    def _has_worker(self):
        return self._has_job_runner() or super()._has_worker()

    @api.model
    def _has_job_runner(self):
        """Return whether this Odoo runs jobs: without a runner they would pile up.

        :rtype: bool
        """
        return "queue_job" in config["server_wide_modules"]

    def _process_as_job(self):
        """Process one mail; errors are stored with it in the inbox.

        :return: a sentence for the list of jobs
        :rtype: str
        """
        mail = self.exists()
        mail._process_each()
        return self.env._(
            "%(count)s mails, now: %(states)s",
            count=len(mail),
            states=", ".join(mail.mapped("state")),
        )
