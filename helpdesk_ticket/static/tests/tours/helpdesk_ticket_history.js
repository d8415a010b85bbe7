import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("helpdesk_ticket_history", {
    steps: () => [
        {
            content: "From the ticket to the history of its customer",
            trigger: "button[name=action_view_history]",
            run: "click",
        },
        {
            content: "The ticket is marked in it, with its solution",
            trigger:
                ".o_helpdesk_history_card.border-primary:contains(Tour: solved):contains(Closed):contains(Switched it off and on.)",
        },
        {
            content: "Twenty tickets to a page, archived ones not at all",
            trigger:
                ".o_helpdesk_history:not(:contains(Tour: archived)):not(:contains(Tour: the first of all))",
        },
        {
            trigger: ".o_helpdesk_history button:contains(Show more)",
            run: "click",
        },
        {
            content: "The rest, in its own month",
            trigger:
                "section:contains(March 2024) .o_helpdesk_history_card:contains(Tour: the first of all)",
        },
        {
            content: "What one contact asked",
            trigger: ".o_helpdesk_history_contacts button:contains(Bernd)",
            run: "click",
        },
        {
            trigger:
                ".o_helpdesk_history:contains(Tour: the first of all):not(:contains(Tour: solved))",
        },
        {
            content: "and all of them again, but only open ones",
            trigger: ".o_helpdesk_history_contacts button:contains(Bernd)",
            run: "click",
        },
        {
            trigger: ".o_helpdesk_history button:contains(Only open)",
            run: "click",
        },
        {
            trigger:
                ".o_helpdesk_history:contains(Tour: no. 19):not(:contains(Tour: solved))",
        },
        {
            content: "Open a ticket from there",
            trigger: ".o_helpdesk_history_card:contains(Tour: no. 19)",
            run: "click",
        },
        {
            trigger: ".o_breadcrumb:contains(Tour: no. 19)",
        },
        {
            content: "Back to the history, and on to the customer",
            trigger: ".o_breadcrumb a:contains(History)",
            run: "click",
        },
        {
            trigger: ".o_helpdesk_history h2 a",
            run: "click",
        },
        {
            trigger: "button[name=action_view_helpdesk_history]",
            run: "click",
        },
        {
            trigger: ".o_helpdesk_history_card:contains(Tour: solved)",
        },
    ],
});
