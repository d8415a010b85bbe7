import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("helpdesk_service_order", {
    steps: () => [
        {
            content: "Order work at the customer's place",
            trigger: "button[name=action_create_service_order]",
            run: "click",
        },
        {
            content: "Say when",
            trigger: ".modal .o_field_widget[name=scheduled_date_start] input",
            run: "edit 05/06/2030 08:00:00",
        },
        {
            trigger: ".modal button[name=action_create]",
            run: "click",
        },
        {
            content: "The order has taken over subject, contact and place",
            trigger: ".o_field_widget[name=subject]:contains(Printer does not print)",
        },
        {trigger: ".o_field_widget[name=contact_id]:contains(Anna Huber)"},
        {trigger: ".o_field_widget[name=location_id]:contains(Bäckerei Huber)"},
        {
            content: "Go back to the ticket",
            trigger: "button[name=action_view_helpdesk_ticket]",
            run: "click",
        },
        {
            content: "It shows how many orders are open and done",
            trigger:
                "button[name=action_view_fsm_orders]:contains(1):contains(open):contains(done)",
        },
        {
            content: "And their progress",
            trigger: ".o_notebook .nav-link:contains(Service orders)",
            run: "click",
        },
        {
            trigger: "[name=fsm_order_ids] .o_data_row:contains(New)",
        },
        {
            content: "And the chatter says so",
            trigger: ".o-mail-Message-body:contains(has been created)",
        },
    ],
});
