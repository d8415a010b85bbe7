import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("helpdesk_partner_delete", {
    steps: () => [
        {
            trigger: ".o_cp_action_menus button:has(.fa-cog)",
            run: "click",
        },
        {
            trigger: ".o-dropdown--menu .o-dropdown-item:contains(Delete for good)",
            run: "click",
        },
        {
            content: "The dialog says what is touched",
            trigger: ".modal .o_field_widget[name=ticket_count]:contains(1)",
        },
        {
            trigger: ".modal button[name=action_delete]",
            run: "click",
        },
        {
            content: "The customer is gone, the list of the others is shown",
            trigger: ".o_list_view .o_last_breadcrumb_item:contains(Customers)",
        },
    ],
});
