/* global luxon */
import {Component, onWillUnmount, useState} from "@odoo/owl";
import {DeadlineDialog} from "./deadline_dialog";
import {_t} from "@web/core/l10n/translation";
import {browser} from "@web/core/browser/browser";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {toLocaleDateTimeString} from "@web/core/l10n/dates";
import {useService} from "@web/core/utils/hooks";

const {DateTime} = luxon;
const MINUTE = 60 * 1000;
const NEAR_HOURS = 4;

/**
 * A deadline as the time that is left, by the minute when it is near, in colour;
 * for a promise with a known outcome, the outcome (T25, T26).
 *
 * Options: promise (offers the explanation), promise_field (names what is due),
 * result_field, badge.
 */
export class DeadlineField extends Component {
    static template = "helpdesk_ticket.DeadlineField";
    static props = {
        ...standardFieldProps,
        promise: {type: String, optional: true},
        promiseField: {type: String, optional: true},
        resultField: {type: String, optional: true},
        badge: {type: Boolean, optional: true},
    };

    setup() {
        this.dialog = useService("dialog");
        this.clock = useState({now: DateTime.now()});
        const timer = browser.setInterval(() => {
            this.clock.now = DateTime.now();
        }, MINUTE);
        onWillUnmount(() => browser.clearInterval(timer));
    }

    get value() {
        return this.props.record.data[this.props.name];
    }

    get result() {
        return this.props.resultField && this.props.record.data[this.props.resultField];
    }

    get isDue() {
        return Boolean(this.value) && !this.result && this.isOpen;
    }

    get isOpen() {
        return this.props.record.data.is_open !== false;
    }

    get tone() {
        if (this.result) {
            return this.result === "kept" ? "success" : "danger";
        }
        if (!this.isDue) {
            return "muted";
        }
        const hours = this.value.diff(this.clock.now, "hours").hours;
        if (hours < 0) {
            return "danger";
        }
        return hours < NEAR_HOURS ? "warning" : "body";
    }

    get className() {
        if (!this.props.badge) {
            return `text-${this.tone}${this.tone === "danger" ? " fw-bold" : ""}`;
        }
        const tone = {body: "light", muted: "light"}[this.tone] || this.tone;
        return `badge rounded-pill text-bg-${tone}`;
    }

    get icon() {
        if (this.result) {
            return this.result === "kept" ? "fa-check" : "fa-times";
        }
        return this.props.badge && this.isDue ? "fa-clock-o" : "";
    }

    get moment() {
        return this.value ? toLocaleDateTimeString(this.value) : "";
    }

    get text() {
        if (!this.value) {
            const waiting = this.props.record.data.state === "waiting";
            return this.props.promise && waiting ? _t("Paused") : "";
        }
        if (!this.isDue) {
            return this.moment;
        }
        const left = this.value.toRelative({base: this.clock.now});
        const promise = this.promiseLabel;
        return promise ? `${promise} ${left}` : left;
    }

    get promiseLabel() {
        const {promiseField, record} = this.props;
        const key = promiseField && record.data[promiseField];
        const options = key ? record.fields[promiseField].selection : [];
        return options.filter(([name]) => name === key).map(([, label]) => label)[0];
    }

    get title() {
        return [this.promiseLabel, this.moment].filter(Boolean).join(": ");
    }

    get canExplain() {
        return Boolean(this.props.promise && this.props.record.resId);
    }

    explain() {
        this.dialog.add(DeadlineDialog, {
            resId: this.props.record.resId,
            promise: this.props.promise,
        });
    }
}

registry.category("fields").add("helpdesk_deadline", {
    component: DeadlineField,
    displayName: _t("Deadline"),
    supportedTypes: ["datetime"],
    extractProps: ({options}) => ({
        promise: options.promise,
        promiseField: options.promise_field,
        resultField: options.result_field,
        badge: options.badge,
    }),
    fieldDependencies: ({options}) => [
        {name: "state", type: "selection"},
        {name: "is_open", type: "boolean"},
        ...[options.result_field, options.promise_field]
            .filter(Boolean)
            .map((name) => ({name, type: "selection"})),
    ],
});
