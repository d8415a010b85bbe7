import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("helpdesk_ticket_merge", {
    steps: () => [
        {
            content: "Choose the first ticket",
            trigger:
                ".o_data_row:contains(Tour: the printer smokes) .o_list_record_selector input",
            run: "click",
        },
        {
            content: "and the second one",
            trigger:
                ".o_data_row:contains(Tour: the printer again) .o_list_record_selector input",
            run: "click",
        },
        {
            content: "Merge them",
            trigger: ".o_control_panel button[name=action_merge_dialog]",
            run: "click",
        },
        {
            content: "The oldest open one is proposed",
            trigger:
                ".modal .o_field_widget[name=survivor_id] input:value(Tour: the printer smokes)",
        },
        {
            trigger: ".modal footer button[name=action_merge]:contains(Merge)",
            run: "click",
        },
        {
            content: "Its form opens, with the message of the other one",
            trigger: ".o_form_view .o-mail-Message:contains(It stinks.)",
        },
        {
            content: "which says where it was written",
            trigger:
                ".o-mail-Message:contains(It stinks.) .o-helpdesk-Message-origin:contains(written in)",
        },
        {
            content: "Open the merged one",
            trigger: "button[name=action_view_related_tickets]",
            run: "click",
        },
        {
            trigger:
                ".o_data_row .o_data_cell[name=name]:contains(Tour: the printer again)",
            run: "click",
        },
        {
            content: "It points to the ticket that goes on",
            trigger:
                ".alert[name=merged]:contains(was merged):contains(printer smokes)",
        },
        {
            content: "A message written here",
            trigger: "button.o-mail-Chatter-sendMessage",
            run: "click",
        },
        {
            trigger: ".o-mail-Composer-input",
            run: "edit Too late.",
        },
        {
            trigger: ".o-mail-Composer button[aria-label='Send']:enabled",
            run: "click",
        },
        {
            content: "is led there too",
            trigger:
                ".modal:contains(Write your message there) button:contains(Open that ticket)",
            run: "click",
        },
        {
            trigger:
                ".o_form_view .o_field_widget[name=name] textarea:value(Tour: the printer smokes), .o_form_view .o_field_widget[name=name] input:value(Tour: the printer smokes)",
        },
    ],
});

registry.category("web_tour.tours").add("helpdesk_ticket_split", {
    steps: () => [
        {
            content: "Point at the message about something else",
            trigger: ".o-mail-Message:contains(The phone is dead)",
            run: "hover && click .o-mail-Message:contains(The phone is dead) [title='Expand']",
        },
        {
            trigger: ".o-dropdown-item:contains(Move to a new ticket)",
            run: "click",
        },
        {
            content: "The dialog shows it",
            trigger:
                ".modal .o_field_widget[name=moved_message_ids]:contains(The phone is dead)",
        },
        {
            trigger: ".modal .o_field_widget[name=name] input",
            run: "edit Tour: dead phone",
        },
        {
            trigger: ".modal footer button[name=action_split]",
            run: "click",
        },
        {
            content: "The new ticket opens with the message",
            trigger:
                ".o_form_view:contains(Split off from) .o-mail-Message:contains(The phone is dead)",
        },
    ],
});

registry.category("web_tour.tours").add("helpdesk_ticket_hand_over", {
    steps: () => [
        {
            trigger: ".o_form_view .o_field_widget[name=team_id] input",
            run: "edit Members only",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains(Members only)",
            run: "click",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "The ticket is gone from view, and it is said why",
            trigger: ".o_notification:contains(was handed over)",
        },
        {
            content: "No error is shown, the list is back",
            trigger: ".o_list_view:not(:contains(Tour: hand me over))",
        },
    ],
});
