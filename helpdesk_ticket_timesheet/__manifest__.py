{
    "name": "Helpdesk: Time on Tickets",
    "summary": "Hours logged on tickets, with their project, task and contract",
    "version": "19.0.1.0.0",
    "category": "Services/Helpdesk",
    "license": "AGPL-3",
    "author": "Helpdesk for Odoo",
    "website": "https://github.com/helpdesk-for-odoo/helpdesk",
    "depends": ["helpdesk_ticket", "hr_timesheet"],
    "data": [
        "views/contract_contract_views.xml",
        "views/helpdesk_ticket_views.xml",
        "report/helpdesk_ticket_report_views.xml",
        "report/helpdesk_ticket_templates.xml",
    ],
    "demo": [
        "demo/res_users_demo.xml",
        "demo/hr_employee_demo.xml",
        "demo/project_project_demo.xml",
        "demo/account_analytic_line_demo.xml",
    ],
    "assets": {
        "web.assets_tests": ["helpdesk_ticket_timesheet/static/tests/tours/**/*"]
    },
    "auto_install": True,
    "installable": True,
}
