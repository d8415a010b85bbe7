import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("helpdesk_ticket_misfiled", {
    steps: () => [
        {
            content: "Point at the mail that is wrong here",
            trigger: ".o-mail-Message:contains(Re: Tour: printer)",
            run: "hover && click .o-mail-Message:contains(Re: Tour: printer) [title='Expand']",
        },
        {
            trigger: ".o-dropdown-item:contains(Misfiled)",
            run: "click",
        },
        {
            content: "The dialog shows whose mail it is",
            trigger: ".modal:contains(The phone is dead)",
        },
        {
            trigger: ".modal .o_field_widget[name=mistake] input[data-value=ticket]",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=target_id] input",
            run: "edit Tour: phone",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains(Tour: phone)",
            run: "click",
        },
        {
            trigger: ".modal footer button[name=action_correct]",
            run: "click",
        },
        {
            content: "The right ticket opens with the mail",
            trigger:
                ".o_form_view:contains(was moved here from) .o-mail-Message:contains(Re: Tour: printer)",
        },
    ],
});
