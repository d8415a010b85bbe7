import {registry} from "@web/core/registry";

registry.category("helpdesk_tour_operations").add("helpdesk_email_collector_crm", {
    code: "Create a lead",
    fill: [],
    shown: "lead",
});
