import {registry} from "@web/core/registry";

// Milliseconds that a step may wait for its trigger; the most that Odoo allows. On a
// busy machine a page comes late, and that is no fault of the page.
const PATIENCE = 60000;

const tours = registry.category("web_tour.tours");

/**
 * Let the steps of a tour of the helpdesk wait for long.
 *
 * @param {String} name of the tour
 * @param {Object} tour
 */
function makePatient(name, tour) {
    if (name.startsWith("helpdesk_")) {
        const {steps} = tour;
        tour.steps = () => steps().map((step) => ({timeout: PATIENCE, ...step}));
    }
}

for (const [name, tour] of tours.getEntries()) {
    makePatient(name, tour);
}
tours.addEventListener("UPDATE", ({detail: {operation, key, value}}) => {
    if (operation === "add") {
        makePatient(key, value);
    }
});
