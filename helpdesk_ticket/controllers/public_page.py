import re

from odoo.http import request
from odoo.tools.mail import is_html_empty

from ..client_address import client_network
from ..file_name import base_name
from ..file_size import kilobytes
from ..page_headers import protect
from ..typed_text import read_id
from .limit import say_too_many

# Identifier of an address without a contact in its link
BARE_NAME = re.compile("c[0-9a-f]{16}")
MAX_TEXT = 20_000
MAX_FILES = 10
MAX_FILES_SIZE = 20 * 1024 * 1024
# Maximum size of a request: the files, and the text
MAX_REQUEST_SIZE = MAX_FILES_SIZE + 1024 * 1024


class PublicPage:
    """Common to the pages for people without an account.

    Not a controller itself, because Odoo would merge all that inherit from it into one
    class.
    """

    def _get_client(self):
        """Return the client's address in the form used for limits."""
        return client_network(request.httprequest.remote_addr)

    def _is_allowed(self, scope):
        """Count a request; return whether its address is still within the limit
        (rel-H4)."""
        throttle = request.env["helpdesk.throttle"]
        return throttle._take_at_once((scope, self._get_client(), 1))

    def _render(self, template, values=None, status=200):
        """Return a page whose URL is not passed on to other sites.

        :param str template: name of a template of this addon
        :param dict values: of the template
        :param int status: of HTTP
        :return: a response
        """
        values = {"is_html_empty": is_html_empty, **(values or {})}
        response = request.render(f"helpdesk_ticket.{template}", values)
        response.status_code = status
        return self._protect(response)

    def _protect(self, response):
        return protect(response)

    def _refuse(self, text=""):
        """Return a page saying that there were too many requests (rel-H4).

        :param str text: what was typed, to be copied
        """
        return say_too_many(self._render("public_too_many", {"text": text}))

    def _find_signed(self, model, record_id, recipient_id, signature):
        """Return what a signed link opens; invalid links are counted.

        :param str model: with a method `_find_by_link`
        :return: the result of `_find_by_link`; None if the address tried too many
        """
        throttle, client = request.env["helpdesk.throttle"], self._get_client()
        if throttle._is_exceeded("link_wrong", client) or not self._is_allowed("link"):
            return None
        found = request.env[model]._find_by_link(
            read_id(record_id), read_recipient(recipient_id), signature
        )
        # who has the right link of something that is over has guessed nothing
        known = found[-1] if isinstance(found, tuple) else found
        if not known and not self._is_allowed("link_wrong"):
            return None
        return found

    def _refuse_link(self, found, text=""):
        """Return the page of an invalid link, always the same, whatever the reason, but
        for the recipient of a link whose ticket is archived or was closed long ago.

        :param found: of `_find_signed`
        :param str text: what was typed, to be copied, because the link may have expired
            meanwhile
        """
        if found is None:
            return self._refuse(text)
        values = {"text": text}
        if isinstance(found, tuple) and found[-1]:
            _ticket, partner, _address = found
            # sudo: the time zone of who cannot read companies
            self._speak_to(partner, request.env.company.sudo())
            return self._render("public_ended_link", values, status=410)
        return self._render("public_no_link", values, status=404)

    def _speak_to(self, partner, company):
        """Use the language and time zone of the reader.

        :param partner: `res.partner`, may be empty
        :param company: `res.company` of the page
        :return: the context, for records read before
        :rtype: dict
        """
        context = {
            "lang": partner.lang or request.env.lang,
            "tz": partner.tz or company._get_helpdesk_timezone(),
        }
        request.update_context(**context)
        return context

    def _find_text_error(self, text):
        """Return a sentence about the length of a text, or None."""
        if len(text) <= MAX_TEXT:
            return None
        return request.env._(
            "Write at most %(count)s characters, and attach longer texts as a file.",
            count=MAX_TEXT,
        )

    def _has_files(self):
        """Return whether files were sent with a form; they are lost when it is shown
        again."""
        return any(
            upload.filename for upload in request.httprequest.files.getlist("files")
        )

    def _read_files(self):
        """Return the files of a form, up to the limits.

        None is stored before the form is accepted, so that people without an account
        cannot store files by sending invalid forms.

        :return: a list of (name, content); a sentence about what is wrong, or None
        """
        uploads = request.httprequest.files.getlist("files")
        uploads = [upload for upload in uploads if upload.filename]
        if len(uploads) > MAX_FILES:
            return [], request.env._("Attach at most %(count)s files.", count=MAX_FILES)
        files = [(base_name(upload.filename), upload.read()) for upload in uploads]
        if sum(len(content) for _name, content in files) > MAX_FILES_SIZE:
            size = MAX_FILES_SIZE // 1024 // 1024
            return [], request.env._("Attach at most %(size)s MB of files.", size=size)
        return files, None

    def _is_said_first(self, *words):
        """Return whether this was not sent before within a few minutes.

        A form arrives twice when its button is pressed twice, or when somebody goes
        back and presses it again.

        :param words: who sends what, and where; the last ones are files
        :rtype: bool
        """
        *words, files = words
        sizes = [(name, len(content)) for name, content in files]
        return request.env["helpdesk.throttle"]._take("once", repr((*words, sizes)))

    def _prepare_limits(self, files):
        """Return the limits that files count for, for `_take_at_once`.

        :param list files: of (name, content)
        :rtype: list
        """
        size = kilobytes(content for _name, content in files)
        return [("file_size", self._get_client(), size), ("file_size_all", "", size)]


def read_recipient(text):
    """Return the recipient in a URL, 0 for anything else.

    :param str text: from the URL
    :return: an id, or the identifier of an e-mail address
    """
    return text if BARE_NAME.fullmatch(text) else read_id(text)
