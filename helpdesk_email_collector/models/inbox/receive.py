import base64
import hashlib
import re

from odoo import api, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...mailbox_pop import UIDL
from ...reading.process import read_all, unread

# Only a mail with a calendar file is read as soon as it comes.
CALENDAR = re.compile(rb"text/calendar|application/ics|\.ics\b", re.IGNORECASE)


class HelpdeskInboxMail(models.Model):
    """How mails come into the inbox: from mailboxes and from mail servers (E01, E05).

    Mixed into `helpdesk.inbox.mail`, whose fields it uses.
    """

    _inherit = "helpdesk.inbox.mail"

    @api.model
    def _prepare_values(
        self, mails, *, company, server=None, folder="", uid_validity=""
    ):
        """Return the values of rows for mails, whatever state their headers are in.

        :param list mails: of (bytes, UID in the folder, False where there is none)
        :param company: `res.company` whose helpdesk received them
        :param server: `fetchmail.server` they were read from
        :param str folder: the folder they were read from
        :param str uid_validity: IMAP's generation of the UIDs
        :return: list of dicts
        """
        read = read_all(
            [(raw, "", {}, {} if CALENDAR.search(raw) else None) for raw, _uid in mails]
        )
        values_list = []
        for mail, (raw, uid) in zip(read, mails, strict=True):
            # an answer or a cancellation waits for what it is about (E06)
            names_others = mail.answered or (mail.calendar and mail.calendar.uid)
            values_list.append(
                {
                    "raw": base64.b64encode(raw),
                    "message_id": mail.own_id,
                    "conversation_key": names_others and mail.conversation or False,
                    "sha256": hashlib.sha256(raw).hexdigest(),
                    "size": len(raw),
                    "subject": mail.subject,
                    "email_from": mail.email_from,
                    # by which the mails of a person are found
                    "sender_address": next(
                        (one for _name, one in mail.people["From"]), False
                    ),
                    "email_to": mail.email_to,
                    "date": mail.written or False,
                    "company_id": company.id,
                    "server_id": server.id if server else False,
                    "folder": folder,
                    "uid_validity": uid_validity,
                    "uid": uid,
                    # POP3 deletes what is stored, so there is nothing left to be moved
                    "in_mailbox": bool(uid) and uid_validity != UIDL,
                }
            )
        return values_list

    @api.model
    def _store(self, values_list):
        """Create rows, leaving out mails that are stored already.

        :param list values_list: of `_prepare_values`
        :return: the new rows
        """
        if any(values["uid_validity"] == UIDL for values in values_list):
            values_list = self._know_by_uidl(values_list)
        hashes = [values["sha256"] for values in values_list if not values["uid"]]
        known = {
            (mail.company_id.id, mail.sha256)
            for mail in self.search_fetch(
                [("uid", "=", False), ("sha256", "in", hashes)],
                ["company_id", "sha256"],
            )
        }
        new = []
        for values in values_list:
            key = (values["company_id"], values["sha256"])
            if values["uid"] or key not in known:
                new.append(values)
                known.add(key)
        return self.create(new)

    @api.model
    def _know_by_uidl(self, values_list):
        """Leave out mails of POP3 whose UIDL is known already (RFC 1939, 7).

        There are servers that give a UIDL to another mail when the first is deleted: a
        mail with a known UIDL and another Message-ID is stored, as one without UIDL.
        """
        keys = [(v["server_id"], v["uid_validity"], v["uid"]) for v in values_list]
        known = {
            (mail.server_id.id, mail.uid_validity, mail.uid): mail.message_id
            for mail in self.search_fetch(
                [
                    ("server_id", "in", [key[0] for key in keys]),
                    ("uid_validity", "=", UIDL),
                    ("uid", "in", [uid for _server, kind, uid in keys if kind == UIDL]),
                ],
                ["server_id", "uid_validity", "uid", "message_id"],
            )
        }
        new = []
        for key, values in zip(keys, values_list, strict=True):
            if key in known and known[key] != values["message_id"]:
                new.append({**values, "uid": False, "uid_validity": False})
            elif key not in known:
                new.append(values)
        return new

    # -- a mail server pipes a mail in ------------------------------------------

    @api.model
    def _receive_by_gateway(self, raw):
        """Store a mail that was given to the gateway, and deal with it (E01).

        Everything happens in the caller's transaction, which the mail server waits
        for: until it commits, the mail server still has the mail.

        :param bytes raw: the mail
        :return: the id of its ticket, False for none
        """
        # sudo: rows are made by the gateway only, whoever runs it
        inbox = self.sudo()
        mail = unread(raw)
        aliases = inbox._look_up_aliases([mail])[mail]
        company = inbox._get_addressed_company(mail, aliases) or self.env.company
        row = inbox._store(inbox._prepare_values([(raw, False)], company=company))
        if not row:
            return False  # the very same bytes are stored already
        try:
            with self.env.cr.savepoint():  # flushes: what the database refuses
                row._process({})
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise  # the caller repeats the whole request
        except Exception as error:  # noqa: BLE001 - kept and shown, for any mail
            row._record_failure(error)
        return row.state == "done" and row.ticket_id.id


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    @api.model_create_multi
    def create(self, vals_list):
        """Create files, with the MIME type of a stored mail.

        Guessed from the content, it would often be plain text, and Odoo would store all
        words of the mail a second time, beside the file.
        """
        mail = ("helpdesk.inbox.mail", "raw")
        return super().create(
            [
                {"mimetype": "message/rfc822", **vals}
                if (vals.get("res_model"), vals.get("res_field")) == mail
                else vals
                for vals in vals_list
            ]
        )
