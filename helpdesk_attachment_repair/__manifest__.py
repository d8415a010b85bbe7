{
    "name": "Helpdesk: Cut Files Are Replaced",
    "summary": "What a full disk left of a file keeps no whole one from being stored",
    "version": "19.0.1.0.0",
    "category": "Services/Helpdesk",
    "license": "AGPL-3",
    "author": "Helpdesk for Odoo",
    "website": "https://github.com/helpdesk-for-odoo/helpdesk",
    "depends": ["base"],
    "installable": True,
}
