import {registry} from "@web/core/registry";

const MAIL = [
    "From: Nina Neu <nina@tour.example>",
    "To: support@demo.example",
    "Subject: Tour: <b>the printer</b> smokes",
    "",
    "It stinks.",
].join("\n");

registry.category("web_tour.tours").add("helpdesk_email_tryout", {
    steps: () => [
        {
            content: "Open the dialog by the menu",
            trigger:
                "button[data-menu-xmlid='helpdesk_email_collector.menu_helpdesk_email']",
            run: "click",
        },
        {
            trigger:
                ".o-dropdown-item[data-menu-xmlid='helpdesk_email_collector.menu_helpdesk_email_tryout']",
            run: "click",
        },
        {
            content: "There is room for a mail",
            trigger: ".modal .o_field_widget[name=raw_text] textarea",
            run: ({anchor}) => {
                const whole = anchor.closest(".modal-body").clientWidth;
                if (anchor.offsetWidth < whole * 0.8) {
                    throw new Error(
                        `${anchor.offsetWidth} of ${whole} px for the mail`
                    );
                }
            },
        },
        {
            content: "Paste a mail",
            trigger: ".modal .o_field_widget[name=raw_text] textarea",
            run: (helpers) => helpers.edit(MAIL),
        },
        {
            content: "Try it",
            trigger: ".modal a[role=button]:contains(Try Out)",
            run: "click",
        },
        {
            content: "A ticket would be created, and the subject is text",
            trigger:
                ".modal .o_helpdesk_tryout:contains(A ticket would be created):contains(<b>the printer</b> smokes)",
        },
        {
            content: "The contact would be new",
            trigger: ".modal .o_helpdesk_tryout:contains(nina@tour.example)",
        },
        {
            content: "The next one is of the inbox",
            trigger: ".modal .o_field_widget[name=origin] input[data-value=inbox]",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=mail_id] input",
            run: "edit Tour: stored",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains(Tour: stored)",
            run: "click",
        },
        {
            trigger: ".modal .o_helpdesk_tryout:contains(Tour: stored)",
        },
        {
            trigger: ".modal footer button:contains(Close)",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal))",
        },
    ],
});
