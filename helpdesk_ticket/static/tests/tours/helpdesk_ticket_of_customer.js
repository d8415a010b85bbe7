import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("helpdesk_ticket_of_customer", {
    steps: () => [
        {
            content: "The customer shows its open tickets",
            trigger: "button[name=action_view_helpdesk_tickets]:contains(1 / 1)",
        },
        {
            trigger: ".o_notebook .nav-link[name=helpdesk_tickets]",
            run: "click",
        },
        {
            content: "The tab lists the ticket and leads to it",
            trigger:
                ".o_field_widget[name=helpdesk_customer_ticket_ids] .o_data_cell:contains(Tour: the oven is cold)",
            run: "click",
        },
        {
            trigger:
                ".modal .o_field_widget[name=name]:contains(Tour: the oven is cold)",
        },
    ],
});
