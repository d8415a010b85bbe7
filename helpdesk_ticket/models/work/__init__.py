from . import contract
from . import project
from . import service_order
from . import service_order_news
