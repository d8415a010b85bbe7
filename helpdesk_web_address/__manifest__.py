{
    "name": "Helpdesk: Invalid Web Requests",
    "summary": "All apps: invalid addresses and input give a page, not an error 500",
    "version": "19.0.1.1.0",
    "category": "Services/Helpdesk",
    "license": "AGPL-3",
    "author": "Helpdesk for Odoo",
    "website": "https://github.com/helpdesk-for-odoo/helpdesk",
    "depends": ["web"],
    "installable": True,
}
