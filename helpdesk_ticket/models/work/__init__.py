from . import contract
from . import project
from . import service_order
