from . import contract
from . import contract_contract
from . import project
from . import project_project
from . import project_task
from . import service_order
from . import fsm_order
from . import helpdesk_ticket_notice
