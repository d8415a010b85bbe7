{
    "name": "Helpdesk: Events from E-mail",
    "summary": "Rules of the e-mail collector create events, also from invitations",
    "version": "19.0.1.0.0",
    "category": "Services/Helpdesk",
    "license": "AGPL-3",
    "author": "Helpdesk for Odoo",
    "website": "https://github.com/helpdesk-for-odoo/helpdesk",
    "depends": ["helpdesk_email_collector", "calendar"],
    "assets": {
        "web.assets_tests": [
            "helpdesk_email_collector_calendar/static/tests/tours/**/*"
        ]
    },
    "auto_install": True,
    "installable": True,
}
