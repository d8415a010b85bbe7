import {addRemove, makeRow} from "./files";
import {Interaction} from "@web/public/interaction";
import {registry} from "@web/core/registry";

/**
 * Files that came back with a form after an error: a button instead of the box that
 * leaves them out where there are no scripts.
 */
export class HelpdeskKeptFiles extends Interaction {
    static selector = ".o_helpdesk_files";

    start() {
        for (const box of this.el.querySelectorAll("input[type=checkbox]")) {
            const name = box.nextElementSibling.textContent;
            const row = makeRow(name);
            addRemove(row, box.value, name);
            box.parentElement.replaceWith(row);
        }
    }
}

registry
    .category("public.interactions")
    .add("helpdesk_ticket.kept_files", HelpdeskKeptFiles);
