{
    "name": "Helpdesk: Cached Mail Templates",
    "summary": "All apps: the text of a template is compiled once, not for each mail",
    "version": "19.0.1.0.0",
    "category": "Services/Helpdesk",
    "license": "AGPL-3",
    "author": "Helpdesk for Odoo",
    "website": "https://github.com/helpdesk-for-odoo/helpdesk",
    "depends": ["mail"],
    "installable": True,
}
