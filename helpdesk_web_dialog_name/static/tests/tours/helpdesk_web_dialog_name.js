import {AlertDialog} from "@web/core/confirmation_dialog/confirmation_dialog";
import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("helpdesk_web_dialog_name", {
    steps: () => [
        {
            content: "Open a dialog",
            // A page that is still loading would close it.
            trigger: ".o_action_manager .o_list_view",
            run() {
                const {env} = odoo.__WOWL_DEBUG__.root;
                env.services.dialog.add(AlertDialog, {title: "A name", body: "x"});
            },
        },
        {
            content: "Its frame has the name of its head",
            trigger: ".modal[role=dialog][aria-label='A name'] .modal-title",
        },
        {
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal))",
        },
    ],
});
