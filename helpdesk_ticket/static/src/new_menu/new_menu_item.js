import {_t} from "@web/core/l10n/translation";
import {newMenuRegistry} from "@helpdesk_contact/new_menu/new_menu";

newMenuRegistry.add(
    "ticket",
    {
        label: _t("Ticket"),
        icon: "fa-ticket",
        action: "helpdesk_ticket.action_helpdesk_ticket_new",
    },
    {sequence: 5}
);
