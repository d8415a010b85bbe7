from werkzeug.exceptions import abort

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.mail.controllers.attachment import AttachmentController
from odoo.addons.portal.controllers.thread import PortalThreadController

from .. import customer_html
from ..exceptions import TooManyRequestsError
from ..file_name import base_name
from ..typed_text import read_id
from .limit import say_too_many


class HelpdeskThread(PortalThreadController):
    @http.route()
    def mail_message_post(
        self, thread_model, thread_id, post_data, context=None, **kwargs
    ):
        """Post a message; too many of them are refused with an HTTP status too
        (rel-H4).

        :return: the result of Odoo's route
        :raise HTTPException: 429, with the sentence in the form of JSON-RPC
        :raise UserError: the author was logged out meanwhile
        """
        if thread_model == "helpdesk.ticket" and self.env.user._is_public():
            raise UserError(
                self.env._(
                    "You have been logged out. Log in in another window, then send "
                    "this again."
                )
            )
        try:
            return super().mail_message_post(
                thread_model, thread_id, post_data, context=context, **kwargs
            )
        except TooManyRequestsError as error:
            # The chatter shows the messages of those error types that it knows.
            known = UserError(str(error))
            abort(say_too_many(request.dispatcher.handle_error(known)))

    def _prepare_message_data(self, post_data, *, thread, **kwargs):
        """Post messages of customers as answers, whatever else was requested
        (rel-A6)."""
        data = super()._prepare_message_data(post_data, thread=thread, **kwargs)
        if thread._name == "helpdesk.ticket" and not self.env.user._is_internal():
            data = {
                key: data[key]
                for key in ("attachment_ids", "author_id", "body")
                if key in data
            }
            if "body" in data:
                data["body"] = self._clean_customer_text(data["body"])
            if kwargs.get("from_create"):
                thread._limit_portal("portal_answer")
                data.update(message_type="comment", subtype_xmlid="mail.mt_comment")
        return data

    def _clean_customer_text(self, text):
        """Return a customer's text without what would affect the page around it (C2).

        :raise UserError: it is too long
        """
        try:
            return customer_html.clean(text)
        except customer_html.TooLongError as error:
            raise UserError(
                self.env._(
                    "Your message is too long. Attach the long part of it as a file."
                )
            ) from error


class HelpdeskAttachment(AttachmentController):
    @http.route()
    def mail_attachment_upload(
        self, ufile=None, thread_id="", thread_model="", is_pending=False, **kwargs
    ):
        """Store a file for a message that is being written; files of customers have the
        same limits as those of a new ticket (rel-H4).

        :return: the result of Odoo's route; JSON with a sentence if there are too many
        """
        is_file = bool(getattr(ufile, "filename", None))
        if not is_file or not read_id(thread_id) or thread_model not in self.env:
            return request.make_json_response({}, status=400)
        if thread_model == "helpdesk.ticket" and not self.env.user._is_internal():
            is_pending = True
            ufile.filename = base_name(ufile.filename)
            try:
                self.env["helpdesk.ticket"]._limit_uploads(ufile.read())
            except UserError as error:
                return request.make_json_response({"error": str(error)})
            ufile.seek(0)
        return super().mail_attachment_upload(
            ufile, thread_id, thread_model, is_pending=is_pending, **kwargs
        )
