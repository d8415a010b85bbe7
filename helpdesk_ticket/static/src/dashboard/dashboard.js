import {Component, onWillStart, useState} from "@odoo/owl";
import {Layout} from "@web/search/layout";
import {_t} from "@web/core/l10n/translation";
import {deserializeDate} from "@web/core/l10n/dates";
import {formatFloat} from "@web/core/utils/numbers";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useService} from "@web/core/utils/hooks";
import {user} from "@web/core/user";

/**
 * What is there to do: each figure leads to its list.
 */
export class HelpdeskDashboard extends Component {
    static template = "helpdesk_ticket.Dashboard";
    static components = {Layout};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.actionService = useService("action");
        this.display = {controlPanel: {}};
        this.state = useState({figures: false});
        this.figures = [
            {key: "overdue", label: _t("Overdue"), icon: "fa-bell", tone: "danger"},
            {
                key: "due_today",
                label: _t("Due today"),
                icon: "fa-clock-o",
                tone: "warning",
            },
            {
                key: "unread",
                label: _t("Not read yet"),
                icon: "fa-envelope",
                tone: "primary",
            },
            {
                key: "customer_answered",
                label: _t("Customer answered"),
                icon: "fa-reply",
                tone: "warning",
            },
            {key: "waiting", label: _t("Waiting"), icon: "fa-hourglass-half"},
            {key: "open", label: _t("Open"), icon: "fa-ticket"},
        ];
        this.unassigned = {
            key: "unassigned",
            label: _t("Unassigned"),
            icon: "fa-user-times",
            tone: "warning",
        };
        this.teamFigures = [
            this.unassigned,
            ...this.figures.filter((figure) => figure.key !== "open"),
        ];
        // As Odoo shows its ratings
        this.ratings = [
            {key: "top", label: _t("Satisfied"), icon: "fa-smile-o", tone: "success"},
            {key: "ok", label: _t("Neutral"), icon: "fa-meh-o", tone: "warning"},
            {
                key: "ko",
                label: _t("Dissatisfied"),
                icon: "fa-frown-o",
                tone: "danger",
            },
        ];
        onWillStart(() => this.load());
    }

    async load() {
        this.state.figures = await this.orm.call("helpdesk.ticket", "get_dashboard");
    }

    /** The two blocks of figures over the teams: my tickets, then everybody's. */
    get blocks() {
        const {mine, all} = this.state.figures;
        return [
            {key: "mine", title: _t("My tickets"), counts: mine, figures: this.figures},
            {
                key: "all",
                title: _t("All tickets"),
                counts: all,
                figures: [this.unassigned, ...this.figures],
            },
        ];
    }

    getTone(figure, count) {
        return count && figure.tone ? `text-${figure.tone}` : "text-body";
    }

    /** The face of the average, and its figure in the user's way of writing numbers. */
    get average() {
        const {average, text} = this.state.figures.ratings;
        return {
            ...this.ratings.find((rating) => rating.key === text),
            figure: formatFloat(average, {digits: [16, 1]}),
        };
    }

    get days() {
        const days = this.state.figures.days;
        const most = Math.max(1, ...days.flatMap((day) => [day.opened, day.closed]));
        return days.map((day) => {
            const date = deserializeDate(day.day);
            return {
                ...day,
                label: date.toFormat("d"),
                weekday: date.toFormat("ccc"),
                title: _t("%(day)s: %(opened)s opened, %(closed)s closed", {
                    day: date.toLocaleString({
                        weekday: "long",
                        day: "numeric",
                        month: "long",
                    }),
                    opened: day.opened,
                    closed: day.closed,
                }),
                isWeekend: date.weekday > 5,
                openedHeight: Math.round((100 * day.opened) / most),
                closedHeight: Math.round((100 * day.closed) / most),
            };
        });
    }

    get totals() {
        const days = this.state.figures.days;
        const sum = (key) => days.reduce((total, day) => total + day[key], 0);
        return {
            opened: _t("%s opened", sum("opened")),
            closed: _t("%s closed", sum("closed")),
        };
    }

    getOpenLabel(team) {
        return _t("%s open", team.open);
    }

    async takeNext() {
        const action = await this.orm.call("helpdesk.ticket", "action_take_next");
        this.actionService.doAction(action);
    }

    openList(figure, {teamId, mine} = {}) {
        const context = {};
        for (const filter of this.state.figures.filters[figure]) {
            context[`search_default_${filter}`] = 1;
        }
        if (mine) {
            context.search_default_my_tickets = 1;
            context.default_user_id = user.userId;
        }
        if (teamId) {
            context.search_default_team_id = teamId;
            context.default_team_id = teamId;
        }
        this.actionService.doAction("helpdesk_ticket.action_helpdesk_ticket_figure", {
            additionalContext: context,
        });
    }
}

registry.category("actions").add("helpdesk_ticket.dashboard", HelpdeskDashboard);
