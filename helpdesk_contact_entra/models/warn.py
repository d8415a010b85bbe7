from markupsafe import escape

from odoo import models

from ..faults import PASSING, SENTENCES

WARNING_TYPE = "mail.mail_activity_data_warning"
FAILURES_UNTIL_WARNING = 5


class HelpdeskEntraConnection(models.Model):
    """Shows what is wrong with a directory, and notifies the administrators (C11)."""

    _inherit = "helpdesk.entra.connection"

    def _get_sentence(self, kind, detail=""):
        """Return what is wrong and what to do, in the user's language."""
        if kind not in SENTENCES:
            return False
        sentence = self.env._(SENTENCES[kind])
        return sentence % {"detail": detail or ""}

    def _record_fault(self, fault):
        """Store what is wrong, and notify the administrators once."""
        is_new = self.error_kind != fault.kind
        self.write(
            {
                "error_kind": fault.kind,
                "error_detail": fault.detail,
                "failure_count": self.failure_count + 1,
            }
        )
        if self._is_broken():
            self._warn_administrators(is_new)

    def _is_broken(self):
        """Return whether somebody has to act: the error is permanent, or it
        persists."""
        self.ensure_one()
        lasts = self.failure_count >= FAILURES_UNTIL_WARNING
        return bool(self.error_kind) and (self.error_kind not in PASSING or lasts)

    def _record_success(self):
        if self.error_kind or self.failure_count:
            self.write({"error_kind": False, "error_detail": False, "failure_count": 0})
            self.activity_unlink([WARNING_TYPE])

    def _warn_administrators(self, is_new):
        """Create an activity for each administrator of the company who has none.

        :param bool is_new: the error is no longer the one in the activities
        """
        activities = self.activity_search([WARNING_TYPE])
        # sudo: only the ids of the administrators are used
        users = self.env.ref("base.group_system").sudo().all_user_ids
        users = users.filtered(lambda u: u.active and self.company_id in u.company_ids)
        for user in users:
            localized = self.with_context(lang=user.lang)
            note = escape(localized._get_sentence(self.error_kind, self.error_detail))
            own = activities.filtered_domain([("user_id", "=", user.id)])
            if own and is_new:
                own.note = note
            elif not own:
                localized.activity_schedule(
                    WARNING_TYPE,
                    user_id=user.id,
                    summary=localized.env._(
                        "The directory “%(name)s” cannot be read", name=self.name
                    ),
                    note=note,
                )
