import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("helpdesk_ticket_private", {
    steps: () => [
        {
            trigger: "button[name=action_private_message]",
            run: "click",
        },
        {
            content: "Nobody is chosen yet",
            trigger: ".modal .o_helpdesk_private_composer:not(:has(.o_tag))",
        },
        {
            trigger: ".modal .o_field_widget[name=partner_ids] input",
            run: "edit Tour Supplier",
        },
        {
            trigger: ".o-autocomplete--dropdown-item a:contains(Tour Supplier)",
            run: "click",
        },
        {
            content: "Who gets it is shown, and that it is an outsider",
            trigger:
                ".modal .o_field_widget[name=recipients]:contains(service@supplier.example)",
        },
        {
            trigger: ".modal .alert-warning[name=outsiders]:contains(Tour Supplier)",
        },
        {
            trigger: ".modal .o_field_widget[name=body] .odoo-editor-editable",
            run: "editor They have not paid.",
        },
        {
            trigger: ".modal button[name=action_send]",
            run: "click",
        },
        {
            content: "The message stands out and names its recipient",
            trigger:
                ".o-mail-Message.o-helpdesk-private:contains(They have not paid.) .o-helpdesk-private-label:contains(Tour Supplier)",
            run: "hover && click .o-mail-Message.o-helpdesk-private [name='expand-all'], .o-mail-Message.o-helpdesk-private [title='Expand']",
        },
        {
            content: "It can be answered privately",
            trigger:
                ".o-dropdown-item:contains(Reply Privately), [title='Reply Privately']",
        },
        {
            content: "It cannot be quoted into a message that others get",
            trigger:
                "body:not(:has(.o-dropdown-item:contains(Forward))):not(:has(.o-dropdown-item:contains(Reply All)))",
        },
    ],
});
