from odoo import api, models


class HelpdeskInboxMail(models.Model):
    """Activities on records without messages.  Odoo supports activities on threads
    only, and calls these methods on the record.

    Core gives activities to threads only, and asks the record for these methods.
    """

    _inherit = "helpdesk.inbox.mail"

    @api.private
    def message_notify(self, **values):
        """Notify the assignee of a new activity.

        :param values: as of `mail.thread`'s method; the text holds the record's link
        :return: the `mail.message`
        """
        return self.env["mail.thread"].message_notify(**values)

    @api.private
    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        """Do nothing: records without messages have no followers.

        :return: True, as `mail.thread`'s method
        """
        return True

    @api.private
    def message_post_with_source(self, source_ref, **values):
        """Post no message about a completed activity: there is no thread for it.

        :return: an empty `mail.message`
        """
        return self.env["mail.message"]
