import {registry} from "@web/core/registry";

const openMenu = {
    content: "Open the menu of actions",
    trigger: ".o_cp_action_menus button:has(.fa-cog)",
    run: "click",
};

registry.category("web_tour.tours").add("helpdesk_ticket_actions", {
    steps: () => [
        openMenu,
        {
            content: "Make a task of it",
            trigger: ".o-dropdown--menu .o-dropdown-item:contains(Create task)",
            run: "click",
        },
        {
            content: "The task has the ticket's subject",
            trigger: ".o_task_name textarea:value(Tour: new shelf)",
        },
        {
            content: "Go back to the ticket",
            trigger: ".breadcrumb .o_back_button a",
            run: "click",
        },
        {
            content: "Its chatter names the task",
            trigger: ".o-mail-Message-body:contains(has been created)",
        },
        openMenu,
        {
            content: "The ticket can be printed",
            trigger: ".o-dropdown--menu .o-dropdown-item:contains(Print)",
        },
        {
            content: "Give it up",
            trigger: ".o-dropdown--menu .o-dropdown-item:contains(Cancel ticket)",
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".modal .o_field_widget[name=solution] .odoo-editor-editable",
            run: "editor They bought one elsewhere.",
        },
        {
            trigger: ".modal button[name=action_confirm]:contains(Cancel ticket)",
            run: "click",
        },
        {
            content: "The ticket is cancelled",
            trigger: "body:not(:has(.modal)) button[name=action_reopen]",
        },
    ],
});
