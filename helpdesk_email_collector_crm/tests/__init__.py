from . import test_create_lead
