{
    "name": "Helpdesk: Invalid Web Addresses",
    "summary": "All apps: an address that no page can have shows a page, not an error",
    "version": "19.0.1.0.0",
    "category": "Services/Helpdesk",
    "license": "AGPL-3",
    "author": "Helpdesk for Odoo",
    "website": "https://github.com/helpdesk-for-odoo/helpdesk",
    "depends": ["web"],
    "installable": True,
}
