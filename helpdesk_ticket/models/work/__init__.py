from . import contract
from . import contract_contract
from . import project
from . import project_project
from . import project_task
from . import account_analytic_line
from . import service_order
from . import fsm_order
