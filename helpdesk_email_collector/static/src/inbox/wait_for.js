import {browser} from "@web/core/browser/browser";
import {registry} from "@web/core/registry";

// A worker mostly needs a second or two; nobody looks at a page for much longer.
const LOOKS = 15;
const PAUSE = 1000;

/** Look for what the worker does, and show the page again when it is done. */
async function look(env, {model, domain, begins, goes_on: goesOn}) {
    const {action, notification, orm} = env.services;
    const page = browser.location.href;
    const close = notification.add(begins, {type: "info", sticky: true});
    let waiting = 1;
    try {
        for (let times = 0; waiting && times < LOOKS; times++) {
            await new Promise((resolve) => browser.setTimeout(resolve, PAUSE));
            waiting = await orm.silent.searchCount(model, domain);
        }
    } finally {
        close();
    }
    if (waiting) {
        notification.add(goesOn, {type: "info"});
    }
    // Whoever went elsewhere meanwhile is left there.
    if (browser.location.href === page) {
        await action.doAction("soft_reload");
    }
}

/**
 * Buttons that deal with mails wake a worker: the page shows that they wait, and what
 * became of them as soon as the worker is done.
 */
function waitFor(env, {params}) {
    look(env, params);
    return {type: "ir.actions.client", tag: "soft_reload"};
}

registry.category("actions").add("helpdesk_wait_for", waitFor);
