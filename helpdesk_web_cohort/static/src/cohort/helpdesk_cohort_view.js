import {HelpdeskCohortArchParser} from "./helpdesk_cohort_arch_parser";
import {HelpdeskCohortController} from "./helpdesk_cohort_controller";
import {HelpdeskCohortModel} from "./helpdesk_cohort_model";
import {HelpdeskCohortRenderer} from "./helpdesk_cohort_renderer";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";

export const helpdeskCohortView = {
    type: "helpdesk_cohort",
    ArchParser: HelpdeskCohortArchParser,
    Controller: HelpdeskCohortController,
    Model: HelpdeskCohortModel,
    Renderer: HelpdeskCohortRenderer,
    searchMenuTypes: ["filter", "favorite"],
    buttonTemplate: "helpdesk_web_cohort.CohortView.Buttons",

    props: (genericProps, view) => {
        const {arch, fields, resModel, state} = genericProps;
        let modelParams = state?.metaData;
        if (!modelParams) {
            const archInfo = new view.ArchParser().parse(arch);
            modelParams = {
                ...archInfo,
                fields,
                resModel,
                title: archInfo.title || _t("Cohort").toString(),
            };
        }
        return {
            ...genericProps,
            modelParams,
            Model: view.Model,
            Renderer: view.Renderer,
            buttonTemplate: view.buttonTemplate,
        };
    },
};

registry.category("views").add("helpdesk_cohort", helpdeskCohortView);
