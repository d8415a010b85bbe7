import {Chatter} from "@mail/chatter/web_portal/chatter";
import {get} from "@web/core/network/http_service";
import {patch} from "@web/core/utils/patch";
import {useEffect} from "@odoo/owl";

const {luxon} = window;

/**
 * Keep what somebody typed beside the conversation when its part of the page is
 * replaced.
 *
 * @param {HTMLElement} shown part of the page
 * @param {HTMLElement} fresh the same part, as it is now
 */
function keepTyped(shown, fresh) {
    for (const field of shown.querySelectorAll("textarea, input[type=radio]:checked")) {
        const same = field.id && fresh.querySelector(`#${field.id}`);
        const isTyped = field.checked || field.value !== field.defaultValue;
        if (same && isTyped) {
            same.value = field.value;
            same.checked = field.checked;
            same.closest("details")?.setAttribute("open", "open");
        }
    }
}

/**
 * Show what an answer has changed: status, deadlines, buttons, files.
 */
async function refreshTicket() {
    // Without a query: what was done before is no news any more.
    const {url} = document.querySelector(".o_helpdesk_portal_ticket").dataset;
    const text = await get(url, "text");
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const shown of document.querySelectorAll(".o_helpdesk_refresh")) {
        const fresh = page.getElementById(shown.id);
        if (fresh) {
            keepTyped(shown, fresh);
            shown.replaceChildren(...fresh.childNodes);
        }
    }
}

/**
 * Leave the messages that came with the page to the printer: the conversation shows
 * them itself now.
 */
function hideFirstMessages() {
    const messages = document.getElementById("helpdesk_messages");
    messages?.classList.add("d-none", "d-print-block");
}

patch(Chatter.prototype, {
    setup() {
        super.setup(...arguments);
        const page = document.querySelector(".o_helpdesk_portal_ticket");
        if (page?.dataset.tz && this.env.inFrontendPortalChatter) {
            // One time on one page, wherever the browser is.
            luxon.Settings.defaultZone = page.dataset.tz;
        }
        useEffect(
            (isLoaded) => {
                if (isLoaded && this.env.inFrontendPortalChatter) {
                    hideFirstMessages();
                }
            },
            () => [this.state.thread?.isLoaded]
        );
    },
    onPostCallback() {
        super.onPostCallback();
        if (
            this.env.inFrontendPortalChatter &&
            this.props.threadModel === "helpdesk.ticket"
        ) {
            refreshTicket();
        }
    },
});
