from odoo.exceptions import UserError


def check_unused(values):
    """Refuse to delete what records of any addon name, archived and hidden ones too.

    :param values: the records that are about to be deleted
    :raise UserError: when one is in use, with what to do instead
    """
    for model in values.env.values():
        if not model._auto or model._transient or model._name == values._name:
            continue
        for name, field in model._fields.items():
            if field.comodel_name == values._name and field.store:
                _check_not_named(model, name, values)


def _check_not_named(model, name, values):
    # sudo: counted only; whoever deletes need not see them
    records = model.sudo().with_context(active_test=False)
    count = records.search_count([(name, "in", values.ids)])
    if count:
        raise UserError(
            values.env._(
                "%(names)s cannot be deleted: %(count)s records (%(kind)s) name it. "
                "Archive it instead: they keep it, and it is offered no more.",
                names=", ".join(values.mapped("display_name")),
                count=count,
                kind=values.env["ir.model"]._get(model._name).name,
            )
        )
