import {Component, onMounted, onWillStart, useState} from "@odoo/owl";
import {deserializeDateTime, formatDate} from "@web/core/l10n/dates";
import {KeepLast} from "@web/core/utils/concurrency";
import {Layout} from "@web/search/layout";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useService} from "@web/core/utils/hooks";

const PAGE = 20;
const MAX_CONTACTS = 12;
const SPECIFICATION = {
    number: {},
    name: {},
    state: {},
    stage_id: {fields: {display_name: {}}},
    is_open: {},
    create_date: {},
    closed_date: {},
    partner_id: {fields: {name: {}}},
    partner_name: {},
    user_id: {fields: {display_name: {}}},
    type_id: {fields: {display_name: {}}},
    topic_id: {fields: {display_name: {}}},
    merged_into_id: {fields: {number: {}}},
    solution: {},
};
const STATE_COLORS = {
    unread: "danger",
    read: "info",
    assigned: "info",
    in_progress: "primary",
    waiting: "warning",
    closed: "success",
    cancelled: "secondary",
};

function toText(html) {
    const body = new DOMParser().parseFromString(html || "", "text/html").body;
    return body.textContent.replace(/\s+/g, " ").trim();
}

/**
 * The tickets of a customer or contact on a line of time, the last ones first (T19).
 */
export class TicketHistory extends Component {
    static template = "helpdesk_ticket.TicketHistory";
    static components = {Layout};
    static path = "helpdesk-history";
    static displayName = _t("Ticket History");
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.actionService = useService("action");
        this.display = {controlPanel: {}};
        // Who changes the filters fast sees what was asked last.
        this.keepLast = new KeepLast();
        const params = this.props.action.params || {};
        this.partnerId = Number(params.partner_id);
        this.ticketId = Number(params.ticket_id) || false;
        this.state = useState({
            partner: {},
            contacts: [],
            contactId: false,
            onlyOpen: false,
            tickets: [],
            total: 0,
        });
        onWillStart(async () => {
            await this.loadPartner();
            await Promise.all([this.loadContacts(), this.loadPage()]);
        });
        onMounted(() => {
            this.env.config.setDisplayName(this.title);
            this.props.updateActionState({
                partner_id: this.partnerId,
                ticket_id: this.ticketId || undefined,
            });
        });
    }

    get title() {
        return _t("History: %s", this.state.partner.display_name || "");
    }

    get summary() {
        return _t("%(count)s tickets, %(open)s of them open", {
            count: this.state.partner.helpdesk_ticket_count,
            open: this.state.partner.helpdesk_open_ticket_count,
        });
    }

    get moreLabel() {
        return _t("Show more (%s)", this.state.total - this.state.tickets.length);
    }

    async loadPartner() {
        const [partner] = await this.orm.read(
            "res.partner",
            [this.partnerId],
            [
                "display_name",
                "is_company",
                "helpdesk_ticket_count",
                "helpdesk_open_ticket_count",
            ]
        );
        this.state.partner = partner;
    }

    /** Everything of a company, what one contact asked of a person. */
    get baseDomain() {
        const field = this.state.partner.is_company ? "customer_id" : "partner_id";
        return [[field, "=", this.partnerId]];
    }

    get domain() {
        const domain = this.baseDomain;
        if (this.state.contactId) {
            domain.push(["partner_id", "=", this.state.contactId]);
        }
        if (this.state.onlyOpen) {
            domain.push(["is_open", "=", true]);
        }
        return domain;
    }

    async loadContacts() {
        if (!this.state.partner.is_company) {
            return;
        }
        const groups = await this.orm.formattedReadGroup(
            "helpdesk.ticket",
            [...this.baseDomain, ["partner_id", "!=", false]],
            ["partner_id"],
            ["__count"],
            {order: "__count desc", limit: MAX_CONTACTS}
        );
        this.state.contacts = groups.map((group) => ({
            id: group.partner_id[0],
            // The company's name stands in the title already.
            name: group.partner_id[1].split(", ").at(-1),
            count: group.__count,
        }));
    }

    /** Load the next page after the tickets that are shown. */
    async loadPage(shown = this.state.tickets) {
        const {length, records} = await this.keepLast.add(
            this.orm.webSearchRead("helpdesk.ticket", this.domain, {
                specification: SPECIFICATION,
                // Imported tickets were opened long before they got their id.
                order: "create_date desc, id desc",
                limit: PAGE,
                offset: shown.length,
            })
        );
        this.state.total = length;
        this.state.tickets = [
            ...shown,
            ...records.map((record) => this.prepare(record)),
        ];
    }

    prepare(record) {
        const opened = deserializeDateTime(record.create_date);
        return {
            ...record,
            month: opened.toFormat("LLLL yyyy"),
            opened: formatDate(opened),
            closed: record.closed_date
                ? formatDate(deserializeDateTime(record.closed_date))
                : "",
            color: STATE_COLORS[record.state],
            solution: toText(record.solution),
            contact: record.partner_id?.name || record.partner_name,
            kind: [record.type_id?.display_name, record.topic_id?.display_name]
                .filter(Boolean)
                .join(" · "),
        };
    }

    /** The tickets by the month in which they were opened. */
    get months() {
        const months = [];
        for (const ticket of this.state.tickets) {
            if (months.at(-1)?.name !== ticket.month) {
                months.push({name: ticket.month, tickets: []});
            }
            months.at(-1).tickets.push(ticket);
        }
        return months;
    }

    async chooseContact(contactId) {
        this.state.contactId = this.state.contactId === contactId ? false : contactId;
        await this.loadPage([]);
    }

    async toggleOpen() {
        this.state.onlyOpen = !this.state.onlyOpen;
        await this.loadPage([]);
    }

    openTicket(ticket) {
        this.actionService.doAction({
            type: "ir.actions.act_window",
            res_model: "helpdesk.ticket",
            res_id: ticket.id,
            views: [[false, "form"]],
        });
    }

    openPartner() {
        this.actionService.doAction({
            type: "ir.actions.act_window",
            res_model: "res.partner",
            res_id: this.partnerId,
            views: [[false, "form"]],
        });
    }
}

registry.category("actions").add("helpdesk_ticket.history", TicketHistory);
