import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("helpdesk_customer_primary_only", {
    steps: () => [
        {
            content: "The customer's page of the helpdesk",
            trigger: ".o_notebook .nav-link:contains(Helpdesk)",
            run: "click",
        },
        {
            content: "Let only the primary contact open tickets",
            trigger:
                ".o_field_widget[name=helpdesk_primary_contact_only] input:not(:checked)",
            run: "click",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "There is none yet: the message says what to do",
            trigger: ".modal:contains(has no primary contact. Choose one before)",
        },
        {
            trigger: ".modal-footer button:contains(Stay here), .modal .btn-close",
            run: "click",
        },
        {
            content: "Choose one",
            trigger: ".o_field_widget[name=primary_contact_id] input",
            run: "edit Anna",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains(Anna Huber)",
            run: "click",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            trigger:
                ".o_form_saved .o_field_widget[name=helpdesk_primary_contact_only] input:checked",
        },
    ],
});

registry.category("web_tour.tours").add("helpdesk_customer_tags", {
    steps: () => [
        {
            content: "Open the configuration",
            trigger:
                "button[data-menu-xmlid='helpdesk_contact.menu_helpdesk_configuration']",
            run: "click",
        },
        {
            content: "Choose the customers' tags",
            trigger: "[data-menu-xmlid='helpdesk_contact.menu_helpdesk_customer_tag']",
            run: "click",
        },
        {
            content: "Add a tag",
            trigger: ".o_list_view:contains(Tour: old tag) .o_list_button_add",
            run: "click",
        },
        {
            trigger: ".o_selected_row .o_field_widget[name=name] input",
            run: "edit Tour: new tag",
        },
        {
            trigger: ".o_list_button_save",
            run: "click",
        },
        {
            content: "Open the customers",
            trigger: "button[data-menu-xmlid='helpdesk_contact.menu_helpdesk_people']",
            run: "click",
        },
        {
            trigger: "[data-menu-xmlid='helpdesk_contact.menu_helpdesk_customer']",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row .o_data_cell:contains(Bäckerei Huber)",
            run: "click",
        },
        {
            content: "Give the tag to the customer",
            trigger: ".o_form_view .o_field_widget[name=category_id] input",
            run: "edit Tour: new",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains(Tour: new tag)",
            run: "click",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            trigger:
                ".o_form_saved .o_field_widget[name=category_id]:contains(Tour: new tag)",
        },
    ],
});
