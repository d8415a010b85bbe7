import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

const ICONS = [
    ["image/", "fa-file-image-o"],
    ["audio/", "fa-file-audio-o"],
    ["video/", "fa-file-video-o"],
    ["text/calendar", "fa-calendar"],
    ["text/", "fa-file-text-o"],
    ["message/", "fa-envelope-o"],
    ["application/pdf", "fa-file-pdf-o"],
    ["application/zip", "fa-file-archive-o"],
];

/**
 * What a mail of the inbox says: its files, and its text in a frame that runs nothing.
 */
export class MailContentField extends Component {
    static template = "helpdesk_email_collector.MailContentField";
    static props = {...standardFieldProps};

    get base() {
        return `/helpdesk/inbox/${this.props.record.resId}`;
    }

    get files() {
        return (this.props.record.data[this.props.name] || []).map((file) => ({
            ...file,
            icon: (ICONS.find(([type]) => file.type.startsWith(type)) || [
                "",
                "fa-file-o",
            ])[1],
            url: `${this.base}/attachment/${file.index}`,
            weight: `${Math.max(1, Math.round(file.size / 1024))} kB`,
        }));
    }

    get frameTitle() {
        return _t("Text of the mail");
    }
}

registry.category("fields").add("helpdesk_mail_content", {
    component: MailContentField,
    supportedTypes: ["json"],
});
