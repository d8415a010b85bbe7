"""The cells of `docs/access.md` over the network: JSON-2 API, export and chatter."""

import csv
import io
import json

from odoo import http
from odoo.tools import mute_logger

from .access_matrix import MINE

# What answers to calls of people who must not do it is logged as a warning.
QUIET = ("odoo.http", "odoo.addons.base.models.ir_rule", "odoo.addons.base.models")
SAID = "We talked about number {}."


class AccessApiTests:
    """To be mixed into the class of an addon's matrix, which is a `HttpCase` then.

    The first test tries each cell through the ORM. These ask from the outside, so that
    a route which acts with more rights than its user has would be seen.
    """

    def _make_all(self):
        """Return a record of each row of the document: by model and kind."""
        made = {
            model: {
                kind: self._make(model, values)
                for kind, values in self._get_kinds(model).items()
                if kind != MINE  # a dialog is its user's: nobody else can make it
            }
            for model in self._find_models()
        }
        self.env.flush_all()
        return {model: records for model, records in made.items() if records}

    def _get_rights(self, role):
        column = list(self.roles).index(role)
        return {row: cells[column] for row, cells in self._read_document().items()}

    @mute_logger(*QUIET)
    def test_each_cell_by_the_api(self):
        """The JSON-2 API reads, counts, changes and deletes what the document says."""
        made = self._make_all()
        for role, user in self.users.items():
            if role == "Public":
                continue  # has no key
            rights = self._get_rights(role)
            # sudo: makes the key of somebody else
            keys = self.env["res.users.apikeys"].with_user(user).sudo()
            headers = {"Authorization": f"Bearer {keys._generate(None, 'test', None)}"}
            for model, records in made.items():
                with self.subTest(role=role, model=model):
                    self._check_reading(headers, model, records, rights)
                    self._check_refusals(headers, model, records, rights)

    @mute_logger(*QUIET)
    def test_nothing_without_a_key(self):
        """Nobody is let in without a key."""
        for model in self._find_models():
            answer = self._ask({}, model, "search_count", domain=[])
            self.assertEqual(answer.status_code, 401, model)

    def _ask(self, headers, model, method, **arguments):
        return self.url_open(
            f"/json/2/{model}/{method}", headers=headers, json=arguments
        )

    def _check_reading(self, headers, model, records, rights):
        kinds = {record.id: kind for kind, record in records.items()}
        readable = {kind for kind in records if "R" in rights[model, kind]}
        domain = [["id", "in", list(kinds)]]
        answer = self._ask(
            headers, model, "search_read", domain=domain, fields=["display_name"]
        )
        rows = answer.json() if answer.ok else []
        self.assertEqual({kinds[row["id"]] for row in rows}, readable)
        answer = self._ask(headers, model, "search_count", domain=domain)
        self.assertEqual(answer.json() if answer.ok else 0, len(readable))

    def _check_refusals(self, headers, model, records, rights):
        """Try what each record's cell does not allow."""
        if model in self.only_read:
            return
        for kind, record in records.items():
            values = self._get_kinds(model)[kind]
            name = next(iter(values))
            attempts = {
                "W": ("write", {"vals": {name: values[name]}}),
                "D": ("unlink", {}),
            }
            for letter, (method, arguments) in attempts.items():
                if letter not in rights[model, kind]:
                    answer = self._ask(
                        headers, model, method, ids=record.ids, **arguments
                    )
                    self.assertIn(answer.status_code, (403, 404), (kind, method))
        self.env.invalidate_all()
        for record in records.values():
            self.assertTrue(record.exists())

    @mute_logger(*QUIET)
    def test_each_cell_by_export_and_chatter(self):
        """Export and chatter show what the document lets people read."""
        made = self._make_all()
        for number, record in enumerate(self._get_talks(made)):
            # sudo: a message of the system on the document
            record.sudo()._message_log(body=SAID.format(number))
        for role, user in self.users.items():
            rights = self._get_rights(role)
            if user._is_internal():
                user.group_ids |= self.env.ref("base.group_allow_export")
            self.authenticate(*([None, None] if role == "Public" else [user.login] * 2))
            for model, records in made.items():
                with self.subTest(role=role, model=model):
                    if user._is_internal():
                        self._check_export(model, records, rights)
                    self._check_chatter(made, model, records, rights)

    def _get_talks(self, made):
        """Return the records that have a chatter."""
        return [
            record
            for records in made.values()
            for record in records.values()
            if isinstance(record, self.registry["mail.thread"])
        ]

    def _check_export(self, model, records, rights):
        data = {
            "model": model,
            "fields": [{"name": ".id", "label": "ID", "type": "integer"}],
            "ids": False,
            "domain": [["id", "in", [record.id for record in records.values()]]],
            "import_compat": False,
        }
        answer = self.url_open(
            "/web/export/csv",
            data={
                "data": json.dumps(data),
                "csrf_token": http.Request.csrf_token(self),
            },
        )
        rows = list(csv.reader(io.StringIO(answer.text)))[1:] if answer.ok else []
        found = {int(row[0]) for row in rows if row}
        readable = {
            record.id for kind, record in records.items() if "R" in rights[model, kind]
        }
        self.assertEqual(found, readable)

    def _check_chatter(self, made, model, records, rights):
        talks = self._get_talks(made)
        for kind, record in records.items():
            if record not in talks:
                continue
            answer = self.url_open(
                "/mail/thread/messages",
                json={"params": {"thread_model": model, "thread_id": record.id}},
            )
            if "R" not in rights[model, kind]:
                text = SAID.format(talks.index(record))
                self.assertNotIn(text, answer.text, kind)
