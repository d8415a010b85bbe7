{
    "name": "Helpdesk: Safe Exports",
    "summary": "All apps: text in exported files is never run as a formula",
    "version": "19.0.1.0.0",
    "category": "Services/Helpdesk",
    "license": "AGPL-3",
    "author": "Helpdesk for Odoo",
    "website": "https://github.com/helpdesk-for-odoo/helpdesk",
    "depends": ["web"],
    "installable": True,
}
