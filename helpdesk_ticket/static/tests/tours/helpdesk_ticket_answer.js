import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("helpdesk_ticket_answer", {
    steps: () => [
        {
            content: "The new ticket stands in the list as unread",
            trigger: ".o_data_row:contains(Tour: the printer blinks):contains(Unread)",
        },
        {
            content: "Open it",
            trigger: ".o_data_cell[name=name]:contains(Tour: the printer blinks)",
            run: "click",
        },
        {
            content: "Opening it has marked it as read",
            trigger:
                ".o_statusbar_status .o_arrow_button_current:contains(Read):not(:contains(Unread))",
        },
        {
            content: "Take it",
            trigger: "button[name=action_assign_to_me]",
            run: "click",
        },
        {
            content: "It is assigned",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Assigned)",
        },
        {
            content: "Answer the customer",
            trigger: "button.o-mail-Chatter-sendMessage",
            run: "click",
        },
        {
            trigger: ".o-mail-Composer-input",
            run: "edit Please switch it off and on.",
        },
        {
            trigger: ".o-mail-Composer button[aria-label='Send']:enabled",
            run: "click",
        },
        {
            content: "The answer stands in the conversation",
            trigger: ".o-mail-Message-body:contains(Please switch it off and on.)",
        },
        {
            content: "The work is in progress",
            trigger:
                ".o_statusbar_status .o_arrow_button_current:contains(In progress)",
        },
    ],
});
