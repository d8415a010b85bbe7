from . import helpdesk_intake
