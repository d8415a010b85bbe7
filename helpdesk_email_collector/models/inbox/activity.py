from odoo import api, models


class HelpdeskInboxMail(models.Model):
    """Activities on records without messages of their own.

    Core gives activities to threads only, and asks the record for these methods.
    """

    _inherit = "helpdesk.inbox.mail"

    @api.private
    def message_notify(self, **values):
        """Send the notice of a new activity to its assignee.

        :param values: as of `mail.thread`'s method; the text holds the record's link
        :return: the `mail.message`
        """
        return self.env["mail.thread"].message_notify(**values)

    @api.private
    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        """Nobody follows these records: there are no messages to follow.

        :return: True, as `mail.thread`'s method
        """
        return True

    @api.private
    def message_post_with_source(self, source_ref, **values):
        """An activity that is done leaves no message: there is no thread for it.

        :return: an empty `mail.message`
        """
        return self.env["mail.message"]
