from odoo import api, fields, models
from odoo.fields import Domain

BATCH = 1000


class HelpdeskSlaRecompute(models.Model):
    """A job after a change of promises: open tickets get new deadlines.

    The tickets are processed in the order of their ids, so that one number stores the
    progress. The row is deleted when the job is done.
    """

    _name = "helpdesk.sla.recompute"
    _description = "Update of Deadlines"
    _order = "id"

    company_id = fields.Many2one(
        "res.company", required=True, index=True, ondelete="cascade"
    )
    sla_id = fields.Many2one(
        "helpdesk.sla",
        string="Policy",
        index="btree_not_null",
        ondelete="cascade",
        help="The policy that has changed. Empty for the settings of the company.",
    )
    everywhere = fields.Boolean(
        help="Tickets other than those of the policy may be affected."
    )
    last_ticket_id = fields.Integer(help="The tickets up to this id are done.")
    done = fields.Integer(string="Tickets done")
    total = fields.Integer(string="Tickets to do")

    @api.model
    def _request(self, company, sla=None, everywhere=False):
        """Request new deadlines of open tickets; a running update restarts.

        :param company: `res.company` of the tickets
        :param sla: the changed `helpdesk.sla`; None: the company's settings
        :param bool everywhere: whether tickets without this policy are affected too
        """
        sla_id = sla.id if sla else False
        # sudo: technical rows, for users who may change a promise
        jobs = self.sudo()
        job = jobs.search([("company_id", "=", company.id), ("sla_id", "=", sla_id)])
        values = {
            "everywhere": everywhere or any(job.mapped("everywhere")),
            "last_ticket_id": 0,
            "done": 0,
        }
        if job:
            job.write(values)
        else:
            job = jobs.create({"company_id": company.id, "sla_id": sla_id, **values})
        # sudo: as above; it is only counted how many
        job.total = self.env["helpdesk.ticket"].sudo().search_count(job._get_domain())
        if job.total:
            # sudo: as above
            self.env.ref("helpdesk_ticket.ir_cron_sla_recompute").sudo()._trigger()
        else:
            job.unlink()

    def _get_domain(self):
        """Return a domain of the tickets that are still to be updated."""
        self.ensure_one()
        domain = (
            Domain("company_id", "=", self.company_id.id)
            & Domain("is_open", "=", True)
            & Domain("id", ">", self.last_ticket_id)
            # Archived ones too, so that their deadlines are correct when restored.
            & Domain("active", "in", [True, False])
        )
        return (
            domain
            if self.everywhere
            else domain & Domain("sla_id", "=", self.sla_id.id)
        )

    def _get_progress(self):
        """Return the progress in percent."""
        self.ensure_one()
        return min(100 * self.done / self.total, 99) if self.total else 99

    @api.model
    def _cron_recompute(self):
        """Compute the new deadlines of tickets after all changes, batch by batch."""
        progress = self.env["ir.cron"]
        jobs = self.search([], limit=BATCH)
        progress._commit_progress(remaining=sum(job.total - job.done for job in jobs))
        for job in jobs:
            while job.exists():
                number = job._recompute_batch()
                if not progress._commit_progress(number):
                    return
        progress._commit_progress(remaining=0)

    def _recompute_batch(self):
        """Recompute the next tickets.

        :return: how many; after the last ones the job is gone
        """
        if not self.last_ticket_id:
            self._tell_of_empty_calendar()
        tickets = self.env["helpdesk.ticket"].search(
            self._get_domain(), order="id", limit=BATCH
        )
        tickets._renew_deadlines()
        if len(tickets) < BATCH:
            self.unlink()
        else:
            self.write(
                {
                    "last_ticket_id": tickets[-1].id,
                    "done": self.done + len(tickets),
                }
            )
        return len(tickets)

    def _tell_of_empty_calendar(self):
        """Tell the managers of a calendar without working hours: what is promised in it
        counts around the clock, until somebody corrects it (T25, T26)."""
        company = self.company_id
        promising = self.sla_id or company
        calendar = (
            self.sla_id.calendar_id if self.sla_id else (company.helpdesk_calendar_id)
        )
        if not calendar or calendar._has_helpdesk_hours(company):
            return
        managers = self.env["helpdesk.ticket"]._get_helpdesk_managers(company)[company]
        for lang, people in managers.grouped("lang").items():
            thread = self.env["mail.thread"].with_context(lang=lang)
            thread.message_notify(
                partner_ids=people.partner_id.ids,
                subject=thread.env._("A calendar without working hours"),
                body=thread.env._(
                    "The calendar “%(calendar)s” has no working hours. The deadlines "
                    "of “%(promising)s” are counted around the clock until somebody "
                    "adds hours or chooses another calendar.",
                    calendar=calendar.name,
                    promising=promising.with_context(lang=lang).name,
                ),
            )
