import ipaddress
import os
import shutil
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.tools import config
from odoo.tools.misc import format_datetime

from ...self_check import (
    ATTENTION,
    BROKEN,
    FINE,
    MANAGER,
    UNSET,
    Check,
    Screen,
    some,
)

# An action that has been due for longer is not running.
LATE = timedelta(hours=1)
# Free disk space below these values is low, or none (bytes).
LITTLE, NONE = 2 * 1024**3, 200 * 1024**2
PARAMETERS = Screen("base.ir_config_list_action")
# Scheduled actions of Odoo that the helpdesk needs
CRONS = ("mail.ir_cron_mail_scheduler_action",)
# Addons that other addons of the helpdesk depend on, and their dependencies
OURS = ("helpdesk_contact", "helpdesk_ticket", "helpdesk_email_collector")
NEEDED = ("contract", "fieldservice", *OURS)


def is_own_machine(host):
    """Return whether a host is the machine itself.

    :param str host: a name or an address
    :rtype: bool
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class HelpdeskCheck(models.TransientModel):
    """The self-check of Odoo and its machine."""

    _inherit = "helpdesk.check"

    @api.model
    def _get_system_check_methods(self):
        return [
            self._check_scheduled_actions,
            self._check_base_url,
            self._check_printing,
            self._check_storage,
            self._check_test_settings,
            self._check_addons,
            self._check_monitoring,
        ]

    def _find_scheduled_actions(self):
        """Return the scheduled actions of the helpdesk, also inactive ones.

        :return: `ir.cron`
        """
        data = self.env["ir.model.data"]
        names = data.search_fetch(
            [("model", "=", "ir.cron"), ("module", "=like", r"helpdesk\_%")], ["res_id"]
        )
        ids = {name.res_id for name in names}
        ids |= {data._xmlid_to_res_id(name) for name in CRONS}
        crons = self.env["ir.cron"].with_context(active_test=False)
        return crons.search([("id", "in", list(ids))])

    def _check_scheduled_actions(self):
        """Check whether the scheduled actions of the helpdesk run."""
        crons = self._find_scheduled_actions()
        off = crons.filtered(lambda cron: not cron.active)
        before = fields.Datetime.now() - LATE
        late = (crons - off).filtered(lambda cron: cron.nextcall < before)
        bad = off or late or crons.filtered("failure_count")
        names = some(bad.mapped("name"))
        state, step = FINE, ""
        if off:
            state, step = BROKEN, self.env._("Switch them on.")
            text = self.env._("Switched off: %(names)s.", names=names)
        elif late:
            state = BROKEN
            step = self.env._("Start Odoo with max_cron_threads of at least 1.")
            text = self.env._("Late: %(names)s.", names=names)
        elif bad:
            state = ATTENTION
            step = self.env._("Check the Odoo log for the reason.")
            text = self.env._("Their last run failed: %(names)s.", names=names)
        else:
            text = self.env._("All %(count)s are active.", count=len(crons))
        return [
            Check(
                "scheduled_actions",
                "system",
                self.env._("Scheduled actions"),
                state,
                text,
                step,
                Screen("base.ir_cron_act", bad.id if len(bad) == 1 else 0),
            )
        ]

    def _check_base_url(self):
        """Check whether links in mails lead customers to this Odoo."""
        url = self.env["ir.config_parameter"].get_param("web.base.url") or ""
        parts = urlsplit(url)
        state, text, step = FINE, url, ""
        if parts.scheme not in ("http", "https") or not parts.hostname:
            state, text = BROKEN, self.env._("There is no address for links in mails.")
            step = self.env._("Enter the address of this Odoo in web.base.url.")
        elif is_own_machine(parts.hostname):
            state = BROKEN
            text = self.env._(
                "Links in mails lead to %(url)s, which no customer can open.", url=url
            )
            step = self.env._("Enter the address of this Odoo in web.base.url.")
        elif parts.scheme == "http":
            state = ATTENTION
            text = self.env._(
                "Links in mails lead to %(url)s, which is not encrypted.", url=url
            )
            step = self.env._(
                "Set up https, and enter the new address in web.base.url."
            )
        return [
            Check(
                "base_url",
                "system",
                self.env._("Web address"),
                state,
                text,
                step,
                PARAMETERS,
            )
        ]

    def _check_printing(self):
        """Check whether documents of tickets can be printed (T21)."""
        url = self.env["ir.config_parameter"].get_param("report.url") or ""
        parts = urlsplit(url)
        program = self.env["ir.actions.report"].get_wkhtmltopdf_state()
        state, text, step = FINE, self.env._("Documents can be printed."), ""
        if program in ("install", "broken"):
            state, text = BROKEN, self.env._("Odoo finds no working wkhtmltopdf.")
            step = self.env._("Install wkhtmltopdf on the machine that Odoo runs on.")
        elif url and (parts.scheme not in ("http", "https") or not parts.hostname):
            state = BROKEN
            text = self.env._(
                "The parameter report.url is not a valid address: %(url)s.", url=url
            )
            step = self.env._(
                "Correct report.url, or delete it to use the web address."
            )
        elif program == "upgrade":
            state = ATTENTION
            text = self.env._("The installed wkhtmltopdf is too old.")
            step = self.env._(
                "Install wkhtmltopdf 0.12.6 on the machine that Odoo runs on."
            )
        return [
            Check(
                "printing",
                "system",
                self.env._("Printing"),
                state,
                text,
                step,
                PARAMETERS,
            )
        ]

    def _check_storage(self):
        """Check whether files can be stored."""
        if self.env["ir.attachment"]._storage() != "file":
            text = self.env._("Files are kept in the database.")
            return [
                Check("storage", "system", self.env._("Storage of files"), FINE, text)
            ]
        path = Path(config.filestore(self.env.cr.dbname))
        while not path.exists():  # created with the first file
            path = path.parent
        free = shutil.disk_usage(path).free
        size = f"{free / 1024**3:.1f}"
        state, step = FINE, ""
        text = self.env._("Free: %(size)s GB.", size=size)
        if not os.access(path, os.W_OK):
            state = BROKEN
            text = self.env._("Odoo cannot write to its file storage folder.")
            step = self.env._("Give the system user that runs Odoo write access to it.")
        elif free < LITTLE:
            state = BROKEN if free < NONE else ATTENTION
            text = self.env._("Only %(size)s GB are free.", size=size)
            step = self.env._("Free up disk space, or store files elsewhere.")
        return [
            Check(
                "storage", "system", self.env._("Storage of files"), state, text, step
            )
        ]

    def _check_test_settings(self):
        """Check for settings of a test system in use."""
        parameter = self.env["ir.config_parameter"].get_param
        found = []
        if parameter("database.is_neutralized"):
            found.append(self.env._("a neutralised copy, which sends no mail"))
        if config["dev_mode"]:
            found.append(self.env._("developer mode (dev_mode)"))
        if self.env["ir.module.module"].search_count(
            [("name", "=", "helpdesk_ticket"), ("demo", "=", True)], limit=1
        ):
            found.append(self.env._("sample data"))
        text = self.env._("There are none.")
        if found:
            text = self.env._(
                "This is a test system: %(reasons)s.", reasons=", ".join(found)
            )
        return [
            Check(
                "test_settings",
                "system",
                self.env._("Test settings"),
                ATTENTION if found else FINE,
                text,
                self.env._("Use another database to work with customers.")
                if found
                else "",
            )
        ]

    def _check_addons(self):
        """Check which addons are installed, and whether the database is up to date."""
        modules = self.env["ir.module.module"].search(
            [
                ("state", "!=", "uninstallable"),
                "|",
                ("name", "in", NEEDED),
                ("dependencies_id.name", "in", OURS),
            ],
            order="name",
        )
        checks = []
        for module in modules:
            state, text, step = FINE, module.summary or "", ""
            if module.state in ("to upgrade", "to install", "to remove"):
                state, text = ATTENTION, self.env._("It is waiting for a restart.")
                step = self.env._("Restart Odoo.")
            elif module.state != "installed":
                state, step = UNSET, self.env._("Install it if you want to use it.")
            elif module.installed_version != module.latest_version:
                state = ATTENTION
                text = self.env._(
                    "The files are of version %(files)s, the database of %(database)s.",
                    files=module.installed_version,
                    database=module.latest_version or "?",
                )
                step = self.env._("Run Odoo once with -u %(name)s.", name=module.name)
            checks.append(
                Check(
                    f"addon_{module.name}",
                    "addon",
                    module.shortdesc,
                    state,
                    text,
                    step,
                    Screen("base.open_module_tree", module.id),
                )
            )
        return checks

    def _check_monitoring(self):
        """Check whether a monitoring program queries the self-check."""
        tokens = self.env["helpdesk.check.token"].search_fetch(
            [("company_id", "in", self.env.companies.ids)], ["company_id", "last_used"]
        )
        checks = []
        for company in self.env.companies:
            own = tokens.filtered(
                lambda one, company=company: one.company_id == company
            )
            last = max((one.last_used for one in own if one.last_used), default=None)
            state = UNSET
            step = self.env._("Create a token for your monitoring program.")
            text = self.env._("No program monitors the helpdesk.")
            if last:
                state, step = FINE, ""
                moment = format_datetime(self.env, last, dt_format="short")
                text = self.env._(
                    "Last queried by a program at %(moment)s.", moment=moment
                )
            elif own:
                text = self.env._("There is a token, but no program has used it.")
                step = self.env._(
                    "Enter the address and the token in your monitoring program."
                )
            checks.append(
                Check(
                    "monitoring",
                    "system",
                    self.env._("Monitoring"),
                    state,
                    text,
                    step,
                    Screen(
                        "helpdesk_ticket.action_helpdesk_check_token",
                        groups=(MANAGER, "base.group_system"),
                    ),
                    company.id,
                )
            )
        return checks
