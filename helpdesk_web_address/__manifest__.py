{
    "name": "Helpdesk: Invalid Web Addresses",
    "summary": "All apps: what no page and no database can take gives no error",
    "version": "19.0.1.1.0",
    "category": "Services/Helpdesk",
    "license": "AGPL-3",
    "author": "Helpdesk for Odoo",
    "website": "https://github.com/helpdesk-for-odoo/helpdesk",
    "depends": ["web"],
    "installable": True,
}
