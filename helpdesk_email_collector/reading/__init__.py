"""Reading mail that anybody may have written: hostile until proved otherwise (E09).

Plain Python that knows neither Odoo nor a database. All of it but `process` runs in a
child process with limits of time and memory. `facts` is used on both sides: in Odoo it
takes what the process says of a mail, and nothing that is of another type.
"""
