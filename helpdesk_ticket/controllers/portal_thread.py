from odoo.addons.portal.controllers.thread import PortalThreadController


class HelpdeskThread(PortalThreadController):
    def _prepare_message_data(self, post_data, *, thread, **kwargs):
        """Make a customer's answer an answer, whatever else was asked for (rel-A6)."""
        data = super()._prepare_message_data(post_data, thread=thread, **kwargs)
        if thread._name == "helpdesk.ticket" and not self.env.user._is_internal():
            data = {
                key: data[key]
                for key in ("attachment_ids", "author_id", "body")
                if key in data
            }
            if kwargs.get("from_create"):
                thread._limit_portal("portal_answer")
                data.update(message_type="comment", subtype_xmlid="mail.mt_comment")
        return data
