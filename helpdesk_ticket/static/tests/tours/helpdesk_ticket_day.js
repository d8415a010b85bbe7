import {registry} from "@web/core/registry";

const inState = (label) => ({
    content: `The ticket is ${label}`,
    trigger: `.o_statusbar_status .o_arrow_button_current:contains(${label})`,
});

registry.category("web_tour.tours").add("helpdesk_ticket_day", {
    steps: () => [
        {
            content: "A new ticket waits in the list",
            trigger: ".o_data_row:contains(Tour: the oven is cold):contains(Unread)",
        },
        {
            content: "Take the next ticket",
            trigger: ".o_control_panel button[name=action_take_next]",
            run: "click",
        },
        {
            content: "It is the ticket that waited",
            trigger:
                ".o_field_widget[name=name] textarea:value(Tour: the oven is cold), .o_field_widget[name=name] input:value(Tour: the oven is cold)",
        },
        inState("Assigned"),
        {
            content: "Answer the customer",
            trigger: "button.o-mail-Chatter-sendMessage",
            run: "click",
        },
        {
            trigger: ".o-mail-Composer-input",
            run: "edit We look at it.",
        },
        {
            trigger: ".o-mail-Composer button[aria-label='Send']:enabled",
            run: "click",
        },
        {
            trigger: ".o-mail-Message-body:contains(We look at it.)",
        },
        inState("In progress"),
        {
            content: "Ask the customer",
            trigger: "button[name=action_ask_customer]",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=body] .odoo-editor-editable",
            run: "editor Which oven is it?",
        },
        {
            trigger: ".modal button[name=action_send_mail]:enabled:visible",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal))",
        },
        inState("Waiting for feedback"),
        {
            content: "Create a service order",
            trigger: "button[name=action_create_service_order]",
            run: "click",
        },
        {
            trigger: ".modal button[name=action_create]",
            run: "click",
        },
        {
            content: "The order is open; go back to the ticket",
            trigger: ".o_back_button:contains(Tour: the oven is cold) a",
            run: "click",
        },
        {
            content: "The ticket shows its order",
            trigger: "button[name=action_view_fsm_orders]",
        },
        {
            content: "Close it",
            trigger: "button[name=action_close_dialog]:visible",
            run: "click",
        },
        {
            content: "The dialog says that the service order is still open",
            trigger: ".modal .alert-warning[name=open_orders]:visible",
        },
        {
            content: "It says who gets the solution",
            trigger: ".modal .o_field_widget[name=recipients]:contains(Anna)",
        },
        {
            trigger: ".modal .o_field_widget[name=solution] .odoo-editor-editable",
            run: "editor The fuse was burnt.",
        },
        {
            trigger: ".modal button[name=action_confirm]:visible",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal))",
        },
        inState("Closed"),
        {
            content: "The solution stands on the ticket",
            trigger: ".o_notebook a[name=solution]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=solution]:contains(The fuse was burnt.)",
        },
        {
            content: "The customer writes again on the phone: reopen it",
            trigger: "button[name=action_reopen]",
            run: "click",
        },
        inState("In progress"),
    ],
});
