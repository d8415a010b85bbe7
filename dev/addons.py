"""The addons of this repository: which there are, what they need, whether they changed."""

import ast
import hashlib
from pathlib import Path

from dev import state

# In the order of their dependencies.
ADDONS = (
    "helpdesk_attachment_repair",
    "helpdesk_export_text",
    "helpdesk_mail_batch",
    "helpdesk_mail_links",
    "helpdesk_mail_template_cache",
    "helpdesk_portal_accessible",
    "helpdesk_web_address",
    "helpdesk_web_cohort",
    "helpdesk_web_dialog_name",
    "helpdesk_contact",
    "helpdesk_ticket",
    "helpdesk_ticket_timesheet",
    "helpdesk_contact_entra",
    "helpdesk_email_collector",
    "helpdesk_email_collector_queue",
    "helpdesk_email_collector_calendar",
    "helpdesk_email_collector_crm",
    "helpdesk_device",
    "helpdesk_device_monitoring",
    "helpdesk_facebook",
)


def manifest(addon):
    """Return the manifest of ``addon`` as a dict."""
    return ast.literal_eval((state.REPO / addon / "__manifest__.py").read_text())


def dependencies():
    """Return the modules of others that the addons are built on, sorted."""
    return sorted({name for addon in ADDONS for name in manifest(addon)["depends"]} - set(ADDONS))


def tree_hash(*paths):
    """Return a hash of the files below ``paths`` (relative to the repository), by name and content."""
    result = hashlib.sha256()
    for path in paths:
        for file in sorted(_files(state.REPO / path)):
            result.update(f"{file.relative_to(state.REPO)}\0".encode())
            result.update(hashlib.sha256(file.read_bytes()).digest())
    return result.hexdigest()


def installed_hash():
    """Return a hash of everything in the addons that a database with them depends on.

    Tests are not part of it: changing one must not cost a new installation.
    """
    parts = []
    for addon in ADDONS:
        parts += sorted(
            str(entry.relative_to(state.REPO))
            for entry in (state.REPO / addon).iterdir()
            if entry.name not in ("tests", "readme", "__pycache__")
        )
    return tree_hash(*parts)


def _files(path: Path):
    if path.is_file():
        return [path]
    return [
        file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".pyc"
    ]
