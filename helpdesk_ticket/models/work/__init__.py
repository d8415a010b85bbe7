from . import contract
from . import fsm_order
from . import project
from . import service_order
