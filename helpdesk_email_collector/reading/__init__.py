"""Parsing mail, all of which is treated as hostile (E09).

Plain Python that knows neither Odoo nor a database. Everything except `process` runs in
a child process with limits on time and memory. `facts` is used on both sides: Odoo only
accepts from the process what has the types declared there.
"""
