import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from odoo.addons.helpdesk_contact.cleaning import delete_expired

from ..faults import PASSING, DirectoryFault
from ..person import is_key, read_person

_logger = logging.getLogger(__name__)

BATCH = 500
MAX_PAUSE_MINUTES = 60
KEPT_DAYS = 90
# A directory of a million users has far fewer; more of them are an endless loop.
MOST_STEPS = 50_000
# Lines about what a dry run would do are limited; conflicts are not.
MOST_EXAMPLES = 1000
COUNTS = ("create", "update", "deactivate", "reactivate", "same", "skip")


class HelpdeskEntraRun(models.Model):
    """A synchronization of a directory, and its log (C11).

    It can stop after each page and continue later; its position is stored in the row.
    The phases are: members of the chosen groups, changed users, new members, users who
    left, and photos.
    """

    _name = "helpdesk.entra.run"
    _description = "Synchronization with a Directory"
    _order = "id desc"
    _rec_name = "create_date"

    connection_id = fields.Many2one(
        "helpdesk.entra.connection",
        string="Directory",
        required=True,
        index=True,
        ondelete="cascade",
    )
    kind = fields.Selection(
        [
            ("first", "Everything"),
            ("changes", "Changes"),
            ("resync", "Everything, as the position was lost"),
            ("dry", "Dry run"),
            ("preview", "Preview"),
        ],
        string="What is read",
        required=True,
    )
    state = fields.Selection(
        [("running", "Running"), ("done", "Done"), ("stopped", "Stopped")],
        default="running",
        required=True,
        index=True,
    )
    finished_date = fields.Datetime(string="Finished on")
    next_date = fields.Datetime(string="Continues at", default=fields.Datetime.now)
    phase = fields.Selection(
        [
            ("members", "Members of groups"),
            ("users", "Users"),
            ("newcomers", "New members"),
            ("leavers", "Those who left"),
            ("photos", "Photos"),
        ],
        default="members",
        required=True,
    )
    is_full = fields.Boolean(string="All users are read")
    is_group_restricted = fields.Boolean(string="Chosen groups only")
    link = fields.Char(string="Next page", groups="base.group_system")
    member_link = fields.Char(string="Next page of members", groups="base.group_system")
    delta_link = fields.Char(string="Next changes", groups="base.group_system")
    position = fields.Integer(string="Position in the phase")
    step_count = fields.Integer(string="Steps taken")
    read_count = fields.Integer(string="Read")
    create_count = fields.Integer(string="Created")
    update_count = fields.Integer(string="Updated")
    deactivate_count = fields.Integer(string="Deactivated")
    reactivate_count = fields.Integer(string="Activated again")
    same_count = fields.Integer(string="Unchanged")
    skip_count = fields.Integer(string="Skipped")
    photo_read_count = fields.Integer(string="Photos requested")
    photo_count = fields.Integer(string="Photos changed")
    kept_count = fields.Integer(string="Edits kept")
    conflict_count = fields.Integer(string="Conflicts")
    line_ids = fields.One2many("helpdesk.entra.run.line", "run_id", string="Lines")

    @api.model
    def _open(self, connection, kind):
        """Create a run that continues where the last one ended.

        :param str kind: `changes`, `dry` or `preview`
        """
        link = connection.delta_link
        full = not link or kind == "preview"
        return self.create(
            {
                "connection_id": connection.id,
                "kind": "first" if full and kind == "changes" else kind,
                "is_full": full,
                "is_group_restricted": bool(connection.group_ids.filtered("is_taken")),
                "link": False if full else link,
            }
        )

    @api.model
    def _get_due_domain(self):
        return [
            ("state", "=", "running"),
            ("kind", "!=", "preview"),
            ("next_date", "<=", fields.Datetime.now()),
        ]

    def _is_dry(self):
        return self.kind in ("dry", "preview")

    def _get_action(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
        }

    # -- the walk ----------------------------------------------------------------

    def _work(self, remaining):
        """Process pages until the run ends or waits, or the time of the cron is up.

        :param int remaining: number of runs still to be processed
        :return: whether there is time for another run
        :rtype: bool
        """
        graph = None
        while self.filtered_domain(self._get_due_domain()):
            try:
                with self.env.cr.savepoint():
                    self._count_step()
                    graph = graph or self.connection_id._get_graph()
                    getattr(self, f"_step_{self.phase}")(graph)
                    self.connection_id._record_success()
            except DirectoryFault as fault:
                self._handle_fault(fault)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                raise
            except Exception as error:
                # one directory must not block the others
                _logger.exception("Directory %s", self.connection_id.id)
                self._handle_fault(DirectoryFault("internal", type(error).__name__))
            goes_on = bool(self.filtered_domain(self._get_due_domain()))
            time_left = self.env["ir.cron"]._commit_progress(
                1, remaining=remaining - (not goes_on)
            )
            # free the memory of the page
            self.env.invalidate_all()
            if not time_left:
                return False
        return True

    def _count_step(self):
        self.step_count += 1
        if self.step_count > MOST_STEPS:
            raise DirectoryFault("answer", "pages without end")

    def _follow(self, name, link):
        """Store the link to the next page, which must be a different one.

        :raise DirectoryFault: the answer links to the same page
        """
        if link and link == self[name]:
            raise DirectoryFault("answer", "a page that leads to itself")
        self[name] = link

    def _step_members(self, graph):
        """Read a page of the members of a chosen group."""
        groups = self.connection_id.group_ids.filtered("is_taken").sorted("id")
        group = groups.filtered(lambda group: group.id > self.position)[:1]
        if not group:
            self.phase = "users"
            return
        ids, following = graph.get_member_ids(group.external_id, self.member_link)
        self._note_members(ids)
        self._follow("member_link", following)
        if not following:
            self.position = group.id

    def _note_members(self, ids):
        """Mark the rows of members, and create missing ones."""
        ids = list(dict.fromkeys(filter(is_key, ids)))
        rows = self._get_rows(ids)
        rows.member_run_id = self.id
        known = set(rows.mapped("external_id"))
        self.env["helpdesk.entra.user"].create(
            [
                {
                    "connection_id": self.connection_id.id,
                    "external_id": id_,
                    "member_run_id": self.id,
                }
                for id_ in ids
                if id_ not in known
            ]
        )

    def _step_users(self, graph):
        """Read a page of all users, or of changed ones."""
        wanted = self.connection_id._get_properties()
        users, following, delta = graph.get_changes(wanted, self.link)
        people = self._read(users)
        if not self.is_full:
            people = self._complete(graph, people)
        self._process(people)
        self._follow("link", following)
        if following:
            return
        if not delta:
            raise DirectoryFault("answer", "no link to the next changes")
        self.delta_link = delta
        self.position = 0
        newcomers = self.is_group_restricted and not self.is_full
        self.phase = "newcomers" if newcomers else "leavers"

    def _complete(self, graph, people):
        """Read users who now become contacts completely: a change contains only some
        fields."""
        rows = self._get_rows([person.key for person in people])
        linked = set(rows.filtered("partner_id").mapped("external_id"))
        members = set(rows.filtered(self._is_wanted).mapped("external_id"))
        fresh = [
            person.key
            for person in people
            if person.active is not False
            and person.key not in linked
            and (person.key in members or not self.is_group_restricted)
        ]
        fetched = graph.get_users(self.connection_id._get_properties(), fresh)
        whole = {person.key: person for person in self._read(fetched)}
        return [whole.get(person.key, person) for person in people]

    def _step_newcomers(self, graph):
        """Read members whose data is missing: joining a group does not change a
        user."""
        rows = self.env["helpdesk.entra.user"].search(
            [
                ("connection_id", "=", self.connection_id.id),
                ("member_run_id", "=", self.id),
                ("is_read", "=", False),
                ("id", ">", self.position),
            ],
            order="id",
            limit=BATCH,
        )
        if not rows:
            self.write({"phase": "leavers", "position": 0})
            return
        self.position = rows[-1].id
        keys = rows.mapped("external_id")
        self._process(
            self._read(graph.get_users(self.connection_id._get_properties(), keys))
        )

    def _step_leavers(self, _graph):
        """Deactivate users who are no longer in the directory or in a chosen group."""
        if self.is_full and not self.read_count:
            raise DirectoryFault("answer", "the directory is empty")
        gone = []
        if self.is_full:
            gone = [("seen_run_id", "!=", self.id)]
        if self.is_group_restricted:
            gone = ["|", *gone] if gone else []
            gone.append(("member_run_id", "!=", self.id))
        rows = gone and self.env["helpdesk.entra.user"].search(
            [
                ("connection_id", "=", self.connection_id.id),
                ("partner_id", "!=", False),
                ("is_deactivated", "=", False),
                ("id", ">", self.position),
                *gone,
            ],
            order="id",
            limit=BATCH,
        )
        if not rows:
            self._finish_users()
            return
        self.position = rows[-1].id
        self._let_go(rows)

    def _finish_users(self):
        """Store where the next changes begin; the photos come last."""
        if self._is_dry():
            self._finish()
            return
        self.write({"phase": "photos", "position": 0})
        self.connection_id.delta_link = self.delta_link
        if self.is_group_restricted:
            # ids of people who left the groups before they became contacts
            self.env["helpdesk.entra.user"].search(
                [
                    ("connection_id", "=", self.connection_id.id),
                    ("partner_id", "=", False),
                    ("member_run_id", "!=", self.id),
                ]
            ).unlink()

    def _finish(self):
        self.write({"state": "done", "finished_date": fields.Datetime.now()})

    def _preview(self):
        """Log what would be done with the first users of the directory.

        :raise DirectoryFault: it cannot be read
        """
        connection = self.connection_id
        group = connection.group_ids.filtered("is_taken")[:1].external_id
        users = connection._get_graph().get_first_users(
            connection._get_properties(), group
        )
        self._process(self._read(users))
        self._finish()

    # -- errors ------------------------------------------------------------------

    def _handle_fault(self, fault):
        """Start over if the link to the changes has expired, otherwise wait."""
        _logger.info("Directory %s: %s", self.connection_id.id, fault)
        if fault.kind == "gone" and self.link:
            self._start_over()
            return
        if fault.kind == "gone":
            fault = DirectoryFault("answer", fault.detail)
        self.connection_id._record_fault(fault)
        self._pause(fault)

    def _pause(self, fault):
        """Continue when the directory says so, otherwise after a growing delay."""
        minutes = MAX_PAUSE_MINUTES
        if fault.kind in PASSING:
            minutes = min(2 ** min(self.connection_id.failure_count, 10), minutes)
        wait = timedelta(seconds=fault.retry_after) or timedelta(minutes=minutes)
        self.next_date = fields.Datetime.now() + wait

    def _start_over(self):
        """Read everything in a new run, as the link to the changes has expired."""
        self.write({"state": "stopped", "finished_date": fields.Datetime.now()})
        kind = self.kind if self._is_dry() else "resync"
        if not self._is_dry():
            self.connection_id.delta_link = False
        again = self._open(self.connection_id, kind)
        again.write({"is_full": True, "link": False})

    @api.autovacuum
    def _gc_runs(self):
        """Delete old runs with their lines."""
        last = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        return delete_expired(
            self, [("create_date", "<", last), ("state", "!=", "running")]
        )

    # -- people ------------------------------------------------------------------

    def _read(self, users):
        """Return the `Person` of each user in an answer; the last entry of a user
        counts."""
        mapping = self.connection_id._get_mapping()
        people = [read_person(u, mapping) for u in users if isinstance(u, dict)]
        return list({person.key: person for person in people if person}.values())

    def _get_rows(self, keys):
        """Return the `helpdesk.entra.user` of these ids."""
        return self.env["helpdesk.entra.user"].search(
            [
                ("connection_id", "=", self.connection_id.id),
                ("external_id", "in", keys),
            ]
        )

    def _is_wanted(self, row):
        """Return whether a user is in a chosen group, or no groups are chosen."""
        if not self.is_group_restricted or self.kind == "preview":
            return True
        return row.member_run_id == self.id
