import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("helpdesk_ticket_on_the_phone", {
    steps: () => [
        {
            trigger: "button.o_helpdesk_new_menu",
            run: "click",
        },
        {
            trigger: ".o-dropdown--menu [data-new=contact]",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=lastname] input",
            run: "edit Tour",
        },
        {
            trigger: ".modal .o_field_widget[name=email] input",
            run: "edit tina@tour.example",
        },
        {
            content: "Save the contact and go on with the ticket",
            trigger: ".modal button[name=action_helpdesk_open_ticket]",
            run: "click",
        },
        {
            content: "The contact is filled in",
            trigger: ".modal .o_field_widget[name=partner_id] input:value(Tour)",
        },
        {
            content: "So is the channel",
            trigger: ".modal .o_field_widget[name=channel_id] input:value(Phone)",
        },
        {
            trigger: ".modal .o_field_widget[name=name] input",
            run: "edit Tour: no network",
        },
        {
            trigger: ".modal-footer button.btn-primary:contains(Save)",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal))",
        },
    ],
});
