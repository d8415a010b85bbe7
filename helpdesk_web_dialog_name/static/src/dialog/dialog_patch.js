import {Dialog} from "@web/core/dialog/dialog";
import {patch} from "@web/core/utils/patch";
import {useEffect} from "@odoo/owl";

patch(Dialog.prototype, {
    /** Give dialogs the name that is in their head: screen readers say it first. */
    setup() {
        super.setup(...arguments);
        useEffect(
            (frame, hasHead, title) => {
                if (frame && hasHead) {
                    frame.setAttribute("aria-label", title);
                }
            },
            () => [this.modalRef.el, this.props.header, this.props.title]
        );
    },
});
