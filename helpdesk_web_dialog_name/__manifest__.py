{
    "name": "Helpdesk: Accessible Dialogs",
    "summary": "All apps: screen readers announce the name of a dialog when it opens",
    "version": "19.0.1.0.0",
    "category": "Services/Helpdesk",
    "license": "AGPL-3",
    "author": "Helpdesk for Odoo",
    "website": "https://github.com/helpdesk-for-odoo/helpdesk",
    "depends": ["web"],
    "assets": {
        "web.assets_backend": ["helpdesk_web_dialog_name/static/src/**/*"],
        "web.assets_tests": ["helpdesk_web_dialog_name/static/tests/tours/**/*"],
    },
    "installable": True,
}
