import {_t} from "@web/core/l10n/translation";
import {newMenuRegistry} from "./new_menu";

newMenuRegistry.add(
    "contact",
    {
        label: _t("Contact"),
        icon: "fa-user",
        action: "helpdesk_contact.action_helpdesk_contact_new",
    },
    {sequence: 10}
);
newMenuRegistry.add(
    "customer",
    {
        label: _t("Customer"),
        icon: "fa-building",
        action: "helpdesk_contact.action_helpdesk_customer_new",
    },
    {sequence: 20}
);
