import {registry} from "@web/core/registry";

registry.category("helpdesk_tour_operations").add("helpdesk_email_collector_calendar", {
    code: "Create an event",
    fill: [],
    shown: "event",
});
