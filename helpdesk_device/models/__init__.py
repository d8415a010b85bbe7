from . import (
    fsm_equipment,
    device_token,
    helpdesk_device_code,
    helpdesk_device_request,
    helpdesk_throttle,
    helpdesk_ticket,
    helpdesk_ticket_request,
    res_partner,
)
