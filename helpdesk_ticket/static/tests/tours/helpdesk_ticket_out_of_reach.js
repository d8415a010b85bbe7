import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("helpdesk_ticket_out_of_reach", {
    steps: () => [
        {
            trigger:
                ".o_form_view .alert[name=alert_out_of_reach]:contains(no valid e-mail address)",
        },
        {
            trigger: ".o-mail-Chatter button:contains(Send message)",
            run: "click",
        },
        {
            content: "Whoever writes in vain reads it above the text",
            trigger: ".o-helpdesk-Chatter-outOfReach:contains(no valid e-mail address)",
        },
        {
            trigger: ".o-mail-Chatter button:contains(Log note)",
            run: "click",
        },
        {
            content: "A note is for us",
            trigger: ".o-mail-Chatter:not(:has(.o-helpdesk-Chatter-outOfReach))",
        },
    ],
});
