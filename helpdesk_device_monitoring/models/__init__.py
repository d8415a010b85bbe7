from . import (
    fsm_equipment,
    helpdesk_monitoring_alarm,
    helpdesk_monitoring_source,
    helpdesk_throttle,
)
