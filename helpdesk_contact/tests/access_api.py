"""The cells of `docs/access.md` over the network: JSON-2, export, chatter, files."""

import base64
import csv
import io
import json

from odoo import http
from odoo.tools import mute_logger

from .access_matrix import MINE

# What answers to calls of people who must not do it is logged as a warning.
QUIET = ("odoo.http", "odoo.addons.base.models.ir_rule", "odoo.addons.base.models")
SAID = "We talked about number {}."
# What lists, suggestions and groups are asked for, and the ids in their answers.
LISTS = {
    "search_read": (
        {"fields": ["display_name"]},
        lambda found: [row["id"] for row in found],
    ),
    "name_search": ({"limit": 80}, lambda found: [row[0] for row in found]),
    "web_read_group": (
        {"groupby": ["id"], "aggregates": ["__count"]},
        lambda found: [
            group["id"][0]
            for group in found["groups"]
            for _i in range(group["__count"])
        ],
    ),
}
# A picture of one point
PIXEL = b"GIF89a\1\0\1\0\0\0\0;"


class ExportAccess:
    """How the web client exports; to be mixed into a `PatientHttpCase`."""

    def _export(self, model, field, ids):
        """Return what somebody exports of records who is logged in.

        :param str field: the only column
        :return: the file as a text; "" when it is refused
        """
        data = {
            "model": model,
            "fields": [{"name": field, "label": field, "type": "char"}],
            "ids": False,
            "domain": [["id", "in", ids]],
            "import_compat": False,
        }
        token = http.Request.csrf_token(self)
        answer = self.url_open(
            "/web/export/csv", data={"data": json.dumps(data), "csrf_token": token}
        )
        return answer.text if answer.ok else ""


class AccessApiTests(ExportAccess):
    """To be mixed into the class of an addon's matrix, a `PatientHttpCase` then.

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

    def _get_readable(self, model, records, rights):
        """Return the ids of the records whose cells say that they can be read."""
        return [
            record.id for kind, record in records.items() if "R" in rights[model, kind]
        ]

    def _check_reading(self, headers, model, records, rights):
        """Lists, counts, groups and suggestions hold what can be read, each once."""
        readable = self._get_readable(model, records, rights)
        domain = [["id", "in", [record.id for record in records.values()]]]
        for method, (arguments, get_ids) in LISTS.items():
            answer = self._ask(headers, model, method, domain=domain, **arguments)
            found = get_ids(answer.json()) if answer.ok else []
            self.assertCountEqual(found, readable, method)
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
    def test_each_cell_by_export_chatter_and_files(self):
        """Export, chatter and files by their ids show what the document lets people
        read (rel-A5)."""
        made = self._make_all()
        for number, record in enumerate(self._get_talks(made)):
            # sudo: a message of the system on the document
            record.sudo()._message_log(body=SAID.format(number))
        files = self._attach(made)
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
                    self._check_files(user, model, files, rights)

    def _get_talks(self, made):
        """Return the records that have a chatter."""
        return [
            record
            for records in made.values()
            for record in records.values()
            if isinstance(record, self.registry["mail.thread"])
        ]

    def _check_export(self, model, records, rights):
        ids = [record.id for record in records.values()]
        rows = list(csv.reader(io.StringIO(self._export(model, ".id", ids))))[1:]
        found = [int(row[0]) for row in rows if row]
        self.assertCountEqual(found, self._get_readable(model, records, rights))

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

    def _attach(self, made):
        """Give each record that can have files one; fill in the files that are fields.

        :return: `ir.attachment` by model and kind: a file, and those of fields
        """
        talks = self._get_talks(made)
        files = self.env["ir.attachment"]
        found = {}
        for model, records in made.items():
            names = self._get_file_fields(model)
            for kind, record in records.items():
                if record not in talks and not names and not self._has_files(model):
                    continue
                for name in names:
                    record[name] = base64.b64encode(PIXEL)
                file = files.create(
                    {
                        "name": "pixel.png",
                        "raw": PIXEL,
                        "res_model": model,
                        "res_id": record.id,
                    }
                )
                of_fields = [
                    ("res_model", "=", model),
                    ("res_id", "=", record.id),
                    ("res_field", "in", names),
                ]
                found[model, kind] = file | files.search(of_fields)
        self.env.flush_all()
        return found

    def _get_file_fields(self, model):
        """Return the names of the fields of the addon that are stored as files."""
        return [
            name
            for name, field in self.env[model]._fields.items()
            if field.type in ("binary", "image")
            and field.attachment
            and field.store
            and field._module == self.addon
        ]

    def _has_files(self, model):
        """Say whether records of a model have files without a conversation; a hook."""
        return False

    def _check_files(self, user, model, files, rights):
        for (of_model, kind), attachments in files.items():
            if of_model != model:
                continue
            # customers get files by the links of their pages only
            may_read = user._is_internal() and "R" in rights[model, kind]
            for file in attachments:
                shown = may_read and not file.res_field
                paths = [f"/web/content/{file.id}", f"/web/image/{file.id}"]
                if file.res_field:
                    paths.append(f"/web/content/{model}/{file.res_id}/{file.res_field}")
                for path in paths:
                    answer = self.url_open(path)
                    self.assertEqual(answer.content == PIXEL, shown, (path, kind))
