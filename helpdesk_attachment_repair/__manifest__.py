{
    "name": "Helpdesk: Repair of Incomplete Files",
    "summary": "All apps: a file that a full disk cut off can be stored again",
    "version": "19.0.1.0.0",
    "category": "Services/Helpdesk",
    "license": "AGPL-3",
    "author": "Helpdesk for Odoo",
    "website": "https://github.com/helpdesk-for-odoo/helpdesk",
    "depends": ["base"],
    "installable": True,
}
