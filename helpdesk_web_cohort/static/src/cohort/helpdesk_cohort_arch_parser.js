import {exprToBoolean} from "@web/core/utils/strings";

export class HelpdeskCohortArchParser {
    parse(arch) {
        const fieldAttrs = {};
        for (const node of arch.querySelectorAll("field")) {
            const attrs = {isInvisible: exprToBoolean(node.getAttribute("invisible"))};
            if (node.hasAttribute("string")) {
                attrs.string = node.getAttribute("string");
            }
            fieldAttrs[node.getAttribute("name")] = attrs;
        }
        return {
            fieldAttrs,
            dateStart: arch.getAttribute("date_start"),
            dateStop: arch.getAttribute("date_stop"),
            interval: arch.getAttribute("interval") || "month",
            measure: arch.getAttribute("measure") || "__count",
            cumulated: exprToBoolean(arch.getAttribute("cumulated"), true),
            title: arch.getAttribute("string"),
        };
    }
}
