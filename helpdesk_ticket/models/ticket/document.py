import base64
import re

from lxml import html
from markupsafe import Markup

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import formatLang
from odoo.tools.image import image_data_uri, image_process
from odoo.tools.mail import html2plaintext, is_html_empty

from ... import customer_html

LAYOUTS = [
    ("classic", "Classic"),
    ("compact", "Compact"),
    ("history", "With history"),
]
# How large a picture gets in the document, in pixels.
PICTURE_SIZE = (1200, 1200)
# Those that every version of wkhtmltopdf can draw.
PICTURES = ("image/png", "image/jpeg", "image/gif")
# What readers call a kB and a MB, as their programs for files do.
KILOBYTE, MEGABYTE = 1024, 1024**2
OWN_PICTURE = re.compile(r"/web/(?:image|content)/(\d+)\b")


class HelpdeskTicket(models.Model):
    """The ticket as a document for the customer (T21)."""

    _inherit = "helpdesk.ticket"

    def _get_document_lang(self):
        """Return the language code of the customer who reads the document."""
        self.ensure_one()
        return (
            self.partner_id.lang
            or self.customer_id.lang
            or self.company_id.partner_id.lang
            or self.env.lang
        )

    def _get_document_timezone(self):
        """Return the name of the time zone of the customer who reads the document: the
        same as on the page behind a link, whoever prints it."""
        self.ensure_one()
        return self.partner_id.tz or self.company_id._get_helpdesk_timezone()

    @api.model
    def _filter_public(self, messages):
        """Return those messages that a customer may read (T15).

        :param messages: `mail.message`
        """
        return messages.filtered(
            lambda message: (
                not message.is_internal
                and message.subtype_id
                and not message.subtype_id.internal
            )
        )

    def _get_public_files(self):
        """Return the files of these tickets that customers may see: of public messages,
        of the content, and their own. A file that a colleague adds without a message is
        internal until it is sent (T07, T15).

        :return: dict of `ir.attachment` by id of the ticket
        """
        spoken = self._get_spoken_files()
        public = set(self._filter_public(spoken).attachment_ids.ids)
        found = {}
        for ticket, files in self._get_files_outside_notes(spoken).items():
            shown = public.union(
                map(int, OWN_PICTURE.findall(ticket.description or ""))
            )
            found[ticket.id] = files.filtered(
                lambda one, shown=shown: (
                    one.id in shown or not one._is_of_helpdesk_colleague()
                )
            )
        return found

    def _get_files_outside_notes(self, spoken=None):
        """Return the files of these tickets that do not belong to internal notes or
        private messages only (T15).

        :param spoken: the `mail.message` with files, when they are known
        :return: dict of `ir.attachment` by ticket
        """
        spoken = self._get_spoken_files() if spoken is None else spoken
        hidden = spoken.attachment_ids - self._filter_public(spoken).attachment_ids
        found = self.env["ir.attachment"].search(
            Domain("res_model", "=", self._name)
            & Domain("res_id", "in", self.ids)
            & Domain("id", "not in", hidden.ids),
            order="id",
        )
        groups = found.grouped("res_id")
        return {ticket: groups.get(ticket.id, found.browse()) for ticket in self}

    def _get_spoken_files(self):
        """Return the messages of these tickets that have files.

        :return: `mail.message` as sudo
        """
        # sudo: to leave out the files of every hidden message, whoever asks
        messages = self.env["mail.message"].sudo()
        return messages.search(
            Domain("model", "=", self._name)
            & Domain("res_id", "in", self.ids)
            & Domain("attachment_ids", "!=", False)
        )

    def _get_document_messages(self):
        """Return the conversation with the customer, oldest first: no notes, no private
        messages, no automatic ones (T15). The mail that is the content comes only once.

        :return: `mail.message`
        """
        self.ensure_one()
        content = html2plaintext(self.description or "").strip()
        return (
            self._filter_public(self.message_ids)
            .filtered(
                lambda message: (
                    message.message_type in ("comment", "email")
                    and not is_html_empty(message.body)
                    and html2plaintext(message.body).strip() != content
                )
            )
            .sorted("id")
        )

    @api.model
    def _prepare_document_html(self, text, files, quotes=True):
        """Embed the images of a text, so that the document needs no connection.

        Nothing that would be loaded is left: printing must not make the server send
        requests to other machines (rel-C2).

        :param text: html of a ticket or message
        :param files: `ir.attachment` that the text may show
        :param bool quotes: keep quoted mails below an answer
        :return: Markup, empty if there is nothing to read
        """
        if is_html_empty(text):
            return Markup()
        shown = customer_html.show(text)
        root = html.fragment_fromstring(str(shown), create_parent="div")
        for node in [] if quotes else root.xpath(".//*[@data-o-mail-quote]"):
            node.drop_tree()
        for node in list(root.iter("img")):
            source = node.get("src") or ""
            picture = files.browse(self._find_own_pictures(source)) & files
            if uri := self._get_document_picture(picture):
                node.set("src", uri)
            elif not source.startswith("data:image/"):
                node.drop_tree()
        return Markup(html.tostring(root, encoding="unicode"))  # cleaned above

    @api.model
    def _show_text(self, text, quotes=True):
        """Return a text the way customers see it on their pages (rel-C2).

        :param text: html of a ticket or message
        :param bool quotes: keep quoted mails below an answer
        :rtype: Markup
        """
        shown = customer_html.show(text)
        if quotes or "data-o-mail-quote" not in shown:
            return shown
        root = html.fragment_fromstring(str(shown), create_parent="div")
        for node in root.xpath(".//*[@data-o-mail-quote]"):
            node.drop_tree()
        return Markup(html.tostring(root, encoding="unicode"))  # cleaned above

    @api.model
    def _find_own_pictures(self, text):
        """Return the ids of the attachments that an HTML text shows."""
        return [int(number) for number in OWN_PICTURE.findall(text or "")]

    @api.model
    def _get_document_picture(self, file):
        """Return an image of printable size as a data URI.

        :param file: `ir.attachment`, may be empty
        :return: str, None if it is not a readable image
        """
        if file.mimetype not in PICTURES or not file.raw:
            return None
        try:
            raw = image_process(file.raw, size=PICTURE_SIZE)
        except (ValueError, UserError):
            return None
        return image_data_uri(base64.b64encode(raw))

    def _get_document_pictures(self, files, layout):
        """Return the images that no text of the document shows, as (name, data URI).

        :param files: `ir.attachment`
        :param str layout: a key of LAYOUTS
        :rtype: list
        """
        texts = [self.description, self.solution]
        if layout == "history":
            texts += self._get_document_messages().mapped("body")
        shown = {id_ for text in texts for id_ in self._find_own_pictures(text)}
        pictures = [
            (file.name, self._get_document_picture(file))
            for file in files
            if file.id not in shown
        ]
        return [picture for picture in pictures if picture[1]]

    @api.model
    def _get_document_size(self, file):
        """Return the size of a file in the reader's notation, such as “34.6 kB”.

        :param file: `ir.attachment`
        :rtype: str
        """
        size = file.file_size
        if not size:
            return ""
        if size < MEGABYTE:
            number = formatLang(self.env, max(size / KILOBYTE, 0.1), digits=1)
            return self.env._("%(size)s kB", size=number)
        number = formatLang(self.env, size / MEGABYTE, digits=1)
        return self.env._("%(size)s MB", size=number)
