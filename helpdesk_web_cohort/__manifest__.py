{
    "name": "Helpdesk: Cohort View",
    "summary": "Any model: how many records of a period were finished how much later",
    "version": "19.0.1.0.0",
    "category": "Services/Helpdesk",
    "license": "AGPL-3",
    "author": "Helpdesk for Odoo",
    "website": "https://github.com/helpdesk-for-odoo/helpdesk",
    "depends": ["web"],
    "assets": {"web.assets_backend": ["helpdesk_web_cohort/static/src/**/*"]},
    "installable": True,
}
