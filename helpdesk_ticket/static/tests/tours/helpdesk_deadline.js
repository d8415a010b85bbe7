import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("helpdesk_deadline", {
    steps: () => [
        {
            content: "The list says how late the ticket is",
            trigger:
                ".o_data_row:contains(Tour: the till is down) .o_helpdesk_deadline .text-danger:contains(ago)",
        },
        {
            content: "Find what is overdue",
            trigger: ".o_searchview_dropdown_toggler",
            run: "click",
        },
        {
            trigger: ".o_filter_menu .o_menu_item:contains(First answer overdue)",
            run: "click",
        },
        {
            trigger: ".o_facet_value:contains(First answer overdue)",
        },
        {
            content: "Open the ticket",
            trigger: ".o_data_cell[name=name]:contains(Tour: the till is down)",
            run: "click",
        },
        {
            content: "The first answer is late",
            trigger: ".o_field_widget[name=answer_deadline] .text-danger",
        },
        {
            content: "There is time left for the solution",
            trigger:
                ".o_field_widget[name=solution_deadline] .o_helpdesk_deadline:contains(in )",
        },
        {
            content: "Why this moment?",
            trigger: ".o_field_widget[name=answer_deadline] .o_helpdesk_explain",
            run: "click",
        },
        {
            content: "It is overdue, because of this policy",
            trigger: ".modal .alert-danger:contains(Overdue since)",
        },
        {
            trigger: ".modal dd:contains(Gold)",
        },
        {
            trigger: ".modal footer button:contains(Close)",
            run: "click",
        },
        {
            content: "Answer the customer",
            trigger: "body:not(:has(.modal)) button.o-mail-Chatter-sendMessage",
            run: "click",
        },
        {
            trigger: ".o-mail-Composer-input",
            run: "edit We are on our way.",
        },
        {
            trigger: ".o-mail-Composer button[aria-label='Send']:enabled",
            run: "click",
        },
        {
            content: "The answer came late, and that is final",
            trigger: ".o_field_widget[name=answer_deadline] .fa-times",
        },
    ],
});
