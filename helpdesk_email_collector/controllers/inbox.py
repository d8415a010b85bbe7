from werkzeug.exceptions import NotFound

from odoo import http
from odoo.http import content_disposition, request

# The page may show pictures that the mail itself holds, and nothing else: no script,
# no form, no picture of another server, not even when the sanitizer missed it.
PAGE_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-popups "
    "allow-popups-to-escape-sandbox"
)
HEADERS = [
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
]


class HelpdeskInbox(http.Controller):
    """Pages that show the mails of the inbox; each access is logged."""

    @http.route(
        "/helpdesk/inbox/<int:mail_id>/content",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=False,
    )
    def content(self, mail_id):
        """Return the content of a mail, for the frame on its form.

        :raise NotFound: if there is no such mail, or the user may not read it
        """
        mail = self._get_mail(mail_id)
        content = mail._read_content()
        mail._note_access("content")
        response = request.render(
            "helpdesk_email_collector.inbox_content", {"content": content}
        )
        response.headers["Content-Security-Policy"] = PAGE_POLICY
        response.headers.extend(HEADERS)
        return response

    @http.route(
        "/helpdesk/inbox/<int:mail_id>/original",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=False,
    )
    def original(self, mail_id):
        """Return a mail as a file, unchanged.

        :raise NotFound: if there is no such mail, or the user may not read it
        """
        mail = self._get_mail(mail_id)
        mail._note_access("original")
        return self._download(mail._get_raw(), mail.raw_name)

    @http.route(
        "/helpdesk/inbox/<int:mail_id>/attachment/<int:index>",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=False,
    )
    def attachment(self, mail_id, index):
        """Return a file of a mail as a download; the browser never displays it.

        :raise NotFound: if there is no such mail or file, or the user may not read it
        """
        mail = self._get_mail(mail_id)
        found = mail._read_attachment(index)
        if not found:
            raise NotFound()
        name, data = found
        mail._note_access("attachment", name)
        return self._download(data, name)

    def _get_mail(self, mail_id):
        """Return a mail that the user may read and whose content is still stored."""
        companies = request.env.user.company_ids
        mail = request.env["helpdesk.inbox.mail"].with_context(
            allowed_company_ids=companies.ids
        )
        mail = mail.browse(mail_id).exists()
        # the same answer for all, so that nobody learns which mails exist
        if not mail or not mail.has_access("read") or mail.is_cleared:
            raise NotFound()
        return mail

    def _download(self, data, name):
        return request.make_response(
            data,
            [
                *HEADERS,
                ("Content-Type", "application/octet-stream"),
                ("Content-Length", str(len(data))),
                ("Content-Disposition", content_disposition(name)),
            ],
        )
