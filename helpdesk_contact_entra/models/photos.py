import base64
from dataclasses import dataclass, field
from datetime import timedelta

from odoo import fields, models

from ..faults import DirectoryFault
from ..photo import make_photo
from .apply import QUIET

# Photos per step: each needs a request, and each step is committed.
PHOTO_BATCH = 20
# Photos per run: more would delay the changes of contacts.
MOST_PHOTOS = 2000
# The directory does not report new photos.
ASK_AGAIN = timedelta(days=7)
ASK_AFTER_FAULT = timedelta(days=1)
# Errors of single users; any other one, or many of these, end the photos of a run.
SINGLE_FAULTS = ("permission", "answer", "gone")
MOST_SINGLE_FAULTS = 5


@dataclass
class _Batch:
    """The result of requesting some photos.

    :param dict found: photo, or None if there is none, by `helpdesk.entra.user`
    :param list asked: ids of the rows that are done for now
    :param list failed: ids of the rows to be requested again soon
    :param list lines: values of lines of the log
    :param fault: the `DirectoryFault` that ended the requests, or None
    """

    found: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)
    failed: list = field(default_factory=list)
    lines: list = field(default_factory=list)
    fault: object = None


class HelpdeskEntraRun(models.Model):
    """Reads the users' photos, once everything else is done and committed (C11)."""

    _inherit = "helpdesk.entra.run"

    def _step_photos(self, graph):
        """Request the photos of some contacts, one after the other.

        A photo that was set or removed in Odoo is kept, unless the directory takes
        precedence. No error of a photo delays the next synchronization of contacts.
        """
        rows = self._find_due_photos()
        if not rows:
            self._finish()
            return
        checksums = self._get_photo_checksums(rows.partner_id)
        if self.connection_id.photo_mode == "overwrite":
            kept = rows.browse()
        else:
            kept = rows.filtered(
                lambda row: (
                    checksums.get(row.partner_id.id, "") != (row.photo_checksum or "")
                )
            )
        self.kept_count += len(kept)
        batch = self._fetch_photos(graph, rows - kept)
        self._write_photos(batch.found, checksums)
        now = fields.Datetime.now()
        (kept + rows.browse(batch.asked)).photo_due_date = now + ASK_AGAIN
        rows.browse(batch.failed).photo_due_date = now + ASK_AFTER_FAULT
        self.env["helpdesk.entra.run.line"].create(batch.lines)
        self.conflict_count += len(batch.lines)
        if not batch.fault:
            self.position = rows[-1].id
        elif batch.fault.kind == "throttled":
            self._pause(batch.fault)
        else:
            self._finish()

    def _find_due_photos(self):
        """Return the next rows whose photos are to be requested."""
        rows = self.env["helpdesk.entra.user"]
        room = min(PHOTO_BATCH, MOST_PHOTOS - self.photo_read_count)
        if room <= 0 or self.connection_id.photo_mode == "off":
            return rows
        return rows.search(
            [
                ("connection_id", "=", self.connection_id.id),
                ("partner_id.active", "=", True),
                ("is_deactivated", "=", False),
                ("id", ">", self.position),
                "|",
                ("photo_due_date", "=", False),
                ("photo_due_date", "<=", fields.Datetime.now()),
            ],
            order="id",
            limit=room,
        )

    def _get_photo_checksums(self, partners):
        """Return the checksums of contacts' photos, by id of the contact."""
        # sudo: only checksums are read, to know what was changed here
        files = self.env["ir.attachment"].sudo()
        found = files.search_read(
            [
                ("res_model", "=", "res.partner"),
                ("res_field", "=", "image_1920"),
                ("res_id", "in", partners.ids),
            ],
            ["res_id", "checksum"],
        )
        return {file["res_id"]: file["checksum"] for file in found}

    def _fetch_photos(self, graph, rows):
        """Request photos until an error makes it pointless to continue.

        :rtype: _Batch
        """
        batch = _Batch()
        for row in rows:
            try:
                self.photo_read_count += 1
                content = graph.get_photo(row.external_id)
                batch.found[row] = None if content is None else make_photo(content)
            except ValueError:
                reason = self._get_words()._(
                    "The photo is not a picture, or it is too large."
                )
                batch.lines.append(self._prepare_photo_line(row, reason))
            except DirectoryFault as fault:
                if fault.kind == "throttled":
                    batch.fault = fault
                    break
                batch.failed.append(row.id)
                batch.lines.append(
                    self._prepare_photo_line(row, self._get_photo_fault(fault))
                )
                many = len(batch.failed) >= MOST_SINGLE_FAULTS
                if many or fault.kind not in SINGLE_FAULTS:
                    batch.fault = fault
                    break
                continue
            batch.asked.append(row.id)
        return batch

    def _get_photo_fault(self, fault):
        connection = self.connection_id.with_env(self._get_words())
        kind = "answer" if fault.kind == "gone" else fault.kind
        reason = connection._get_sentence(kind, fault.detail)
        return connection.env._("The photo cannot be read. %(reason)s", reason=reason)

    def _prepare_photo_line(self, row, reason):
        return {
            "run_id": self.id,
            "name": row.partner_id.name,
            "external_id": row.external_id,
            "partner_id": row.partner_id.id,
            "action": "conflict",
            "text": reason,
        }

    def _write_photos(self, found, checksums):
        """Write photos to contacts, and remember which ones came from the directory.

        :param dict found: photo, or None if there is none, by row
        :param dict checksums: of the contacts' current photos, by id of the contact
        """
        changed = self.env["helpdesk.entra.user"]
        compute = self.env["ir.attachment"]._compute_checksum
        for row, photo in found.items():
            current = checksums.get(row.partner_id.id, "")
            if (compute(photo) if photo else "") == current:
                continue
            # each photo is another one: they cannot be written at once
            row.partner_id.with_context(**QUIET).image_1920 = (
                base64.b64encode(photo) if photo else False
            )
            changed += row
        self.env.flush_all()
        after = self._get_photo_checksums(changed.partner_id)
        for row in changed:
            row.photo_checksum = after.get(row.partner_id.id)
        self.photo_count += len(changed)
