import {registry} from "@web/core/registry";

const openDialog = [
    {
        content: "Open the New menu in the top bar",
        trigger: "button.o_helpdesk_new_menu",
        run: "click",
    },
    {
        content: "Choose contact",
        trigger: ".o-dropdown--menu [data-new=contact]",
        run: "click",
    },
];

registry.category("web_tour.tours").add("helpdesk_contact_new", {
    steps: () => [
        ...openDialog,
        {
            content: "Type a new customer",
            trigger: ".modal .o_field_widget[name=parent_id] input",
            run: "edit Tour Ltd",
        },
        {
            trigger: ".modal .o-autocomplete--dropdown-item:contains(Create)",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=firstname] input",
            run: "edit Tom",
        },
        {
            trigger: ".modal .o_field_widget[name=lastname] input",
            run: "edit Tour",
        },
        {
            trigger: ".modal .o_field_widget[name=email] input",
            run: "edit tom@tour.example",
        },
        {
            trigger: ".modal .o_field_widget[name=mobile] input",
            run: "edit 0170 1",
        },
        {
            trigger: ".modal .o_field_widget[name=function] input",
            run: "edit Baker",
        },
        {
            trigger: ".modal .o_field_widget[name=is_primary_contact] input",
            run: "click",
        },
        {
            content: "Save",
            trigger: ".modal-footer button.btn-primary:contains(Save)",
            run: "click",
        },
        {
            content: "The dialog closes on the same page",
            trigger: "body:not(:has(.modal))",
        },
    ],
});

registry.category("web_tour.tours").add("helpdesk_contact_taken", {
    steps: () => [
        {
            content: "Open the New menu with the keyboard",
            trigger: "button.o_helpdesk_new_menu",
            run: "press alt+shift+n",
        },
        openDialog[1],
        {
            trigger: ".modal .o_field_widget[name=lastname] input",
            run: "edit Double",
        },
        {
            trigger: ".modal .o_field_widget[name=email] input",
            run: "edit anna@huber.example",
        },
        {
            trigger: ".modal-footer button.btn-primary:contains(Save)",
            run: "click",
        },
        {
            content: "The refusal names the first contact and leads there",
            trigger: ".modal:contains(Anna Huber) button:contains(Open the contact)",
            run: "click",
        },
        {
            trigger:
                ".o_form_view .o_field_widget[name=email] input:value(anna@huber.example)",
        },
    ],
});
