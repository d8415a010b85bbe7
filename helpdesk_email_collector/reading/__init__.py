"""Reading mail that anybody may have written: hostile until proved otherwise (E09).

Plain Python that knows neither Odoo nor a database. All of it but `process` runs in a
child process with limits of time and memory; `head` is used on both sides.
"""
