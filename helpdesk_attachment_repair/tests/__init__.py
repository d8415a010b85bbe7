from . import test_attachment
