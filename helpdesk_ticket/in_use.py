from odoo.exceptions import UserError, ValidationError


def check_unused(values):
    """Refuse to delete records that others refer to, in any addon, also archived and
    hidden ones.

    A model whose records name others in a text refuses it itself, by a method
    `_check_not_set(values)`.

    :param values: the recordset to be deleted
    :raise UserError: when one is in use, with what to do instead
    """
    for model in values.env.values():
        if hasattr(model, "_check_not_set"):
            model._check_not_set(values)
        if not model._auto or model._transient or model._name == values._name:
            continue
        for name, field in model._fields.items():
            if field.comodel_name == values._name and field.store:
                check_not_named(model, name, values)


def check_not_named(model, name, values):
    """Refuse to delete records that a field of one model refers to, like
    `check_unused`.

    :param model: an empty recordset
    :param str name: of its field
    """
    # sudo: only counted; users who delete may not see them
    records = model.sudo().with_context(active_test=False)
    count = records.search_count([(name, "in", values.ids)])
    if count:
        raise UserError(
            values.env._(
                "%(names)s cannot be deleted: %(count)s records (%(kind)s) use it. "
                "Archive it instead: these records keep it, but it can no longer be "
                "selected.",
                names=", ".join(values.mapped("display_name")),
                count=count,
                kind=values.env["ir.model"]._get(model._name).name,
            )
        )


def check_company_fits(values):
    """Refuse to assign records to a company while tickets of another company use them,
    also archived and hidden tickets: nobody there could read or copy them any more
    (rel-G1).

    :param values: records, with or without a company
    :raise ValidationError: when there is such a ticket
    """
    # sudo: only counted; users who change the company may not see them
    tickets = values.env["helpdesk.ticket"].sudo().with_context(active_test=False)
    named = [
        name
        for name, field in tickets._fields.items()
        if field.comodel_name == values._name and field.check_company and field.store
    ]
    for company, some in values.filtered("company_id").grouped("company_id").items():
        others = [("company_id", "!=", company.id)]
        for name in named:
            ticket = tickets.search([(name, "in", some.ids), *others], limit=1)
            if ticket:
                raise ValidationError(
                    values.env._(
                        "%(name)s cannot be restricted to %(company)s: tickets of "
                        "another company use it. Leave the company as it is, or "
                        "remove it from those tickets first.",
                        name=(ticket[name] & some)[:1].display_name,
                        company=company.name,
                    )
                )
