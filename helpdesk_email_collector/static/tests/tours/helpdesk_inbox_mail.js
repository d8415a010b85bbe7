import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("helpdesk_inbox_mail", {
    steps: () => [
        {
            content: "Open the mail",
            trigger: ".o_data_row .o_data_cell[name=subject]:contains(Tour: stored)",
            run: "click",
        },
        {
            content: "Its text is shown in a frame that runs nothing",
            trigger:
                ".o_helpdesk_mail_content iframe[sandbox]:not([sandbox*=allow-scripts])",
        },
        {
            content: "with its files",
            trigger: ".o_helpdesk_mail_content a[download]:contains(logo.png)",
        },
        {
            content: "and the reason",
            trigger: ".o_notebook a[name=explanation]",
            run: "click",
        },
        {
            trigger: ".o_helpdesk_story:contains(Create a ticket)",
        },
        {
            content: "Replay it",
            trigger: ".o_back_button, .breadcrumb-item a",
            run: "click",
        },
        {
            trigger: ".o_data_row:contains(Tour: stored) .o_list_record_selector input",
            run: "click",
        },
        {
            trigger: ".o_control_panel button[name=action_replay]",
            run: "click",
        },
        {
            trigger: ".o_form_view .o_statusbar_buttons button[name=action_replay]",
            run: "click",
        },
        {
            trigger: ".alert[name=alert_same]:contains(Nothing would change)",
        },
    ],
});

registry.category("web_tour.tours").add("helpdesk_inbox_button", {
    steps: () => [
        {
            content: "What failed is retried",
            trigger: ".o_form_view .o_statusbar_buttons button[name=action_retry]",
            run: "click",
        },
        {
            content: "The page says that it is being done",
            trigger: ".o_notification:contains(This is in progress)",
        },
        {
            content: "and shows that the mail waits",
            trigger: ".o_arrow_button_current:contains(Waiting)",
        },
        {
            content: "Then it shows what became of it, by itself",
            trigger: ".o_arrow_button_current:contains(Done)",
        },
        {
            content: "and says nothing more",
            trigger: "body:not(:has(.o_notification:contains(This is in progress)))",
        },
    ],
});
