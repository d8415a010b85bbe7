import {Component, onWillUpdateProps, useRef, useState} from "@odoo/owl";
import {Dropdown} from "@web/core/dropdown/dropdown";
import {DropdownItem} from "@web/core/dropdown/dropdown_item";
import {ReportViewMeasures} from "@web/views/view_components/report_view_measures";
import {_t} from "@web/core/l10n/translation";
import {download} from "@web/core/network/download";
import {getIntervalOptions} from "@web/search/utils/dates";
import {localization} from "@web/core/l10n/localization";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {user} from "@web/core/user";

const formatters = registry.category("formatters");
const COLOURS = 10;
const LATER = {
    day: _t("%s: days later"),
    week: _t("%s: weeks later"),
    month: _t("%s: months later"),
    quarter: _t("%s: quarters later"),
    year: _t("%s: years later"),
};
// The column with the total, for the keyboard.
const TOTAL = -1;

export class HelpdeskCohortRenderer extends Component {
    static template = "helpdesk_web_cohort.CohortRenderer";
    static components = {Dropdown, DropdownItem, ReportViewMeasures};
    static props = ["model", "buttonTemplate"];

    setup() {
        this.model = this.props.model;
        this.actionService = useService("action");
        this.tableRef = useRef("table");
        this.intervals = getIntervalOptions();
        this.percent = new Intl.NumberFormat(user.lang, {
            style: "percent",
            maximumFractionDigits: 0,
        });
        // The one cell that Tab reaches; arrow keys lead to the others.
        this.active = useState({row: 0, column: TOTAL});
        this.table = this.model.getTable();
        onWillUpdateProps(() => {
            this.table = this.model.getTable();
            Object.assign(this.active, {row: 0, column: TOTAL});
        });
    }

    get measure() {
        return this.model.metaData.measures[this.model.metaData.measure];
    }

    get startLabel() {
        const {dateStart, fieldAttrs, fields} = this.model.metaData;
        return fieldAttrs[dateStart]?.string || fields[dateStart].string;
    }

    get stopLabel() {
        const {dateStop, fieldAttrs, fields, interval} = this.model.metaData;
        const label = fieldAttrs[dateStop]?.string || fields[dateStop].string;
        return LATER[interval].toString().replace("%s", () => label);
    }

    get intervalLabel() {
        const {interval} = this.model.metaData;
        return this.intervals.find((option) => option.id === interval).description;
    }

    formatNumber(value) {
        const isWhole = this.measure.type === "integer";
        const format = formatters.get(isWhole ? "integer" : "float");
        return format(value, {digits: this.measure.digits});
    }

    formatShare(share) {
        return this.percent.format(share);
    }

    getColour(share) {
        const step = Math.min(COLOURS, Math.max(0, Math.round(share * COLOURS)));
        return `o_helpdesk_cohort_${step}`;
    }

    getCellTitle(row, column) {
        const cell = row.cells[column];
        return _t(
            "%(period)s, %(heading)s %(number)s: %(share)s (%(part)s of %(all)s)",
            {
                period: row.label,
                heading: this.stopLabel,
                number: column,
                share: this.formatShare(cell.share),
                part: this.formatNumber(cell.value),
                all: this.formatNumber(row.total),
            }
        );
    }

    getTabIndex(row, column) {
        return this.active.row === row && this.active.column === column ? 0 : -1;
    }

    onFocus(row, column) {
        Object.assign(this.active, {row, column});
    }

    /**
     * Go from cell to cell with the arrow keys, Home and End.
     *
     * @param {KeyboardEvent} ev
     */
    onKeydown(ev) {
        const {row, column} = this.active;
        const forward = localization.direction === "rtl" ? -1 : 1;
        const goals = {
            ArrowRight: [row, column + forward],
            ArrowLeft: [row, column - forward],
            ArrowDown: [row + 1, column],
            ArrowUp: [row - 1, column],
            Home: [row, TOTAL],
            End: [row, (this.table.rows[row]?.cells.length || 0) - 1],
        };
        if (!(ev.key in goals) || ev.altKey || ev.ctrlKey || ev.metaKey) {
            return;
        }
        ev.preventDefault();
        const [newRow, newColumn] = goals[ev.key];
        const selector = `[data-row="${newRow}"][data-column="${newColumn}"]`;
        this.tableRef.el.querySelector(selector)?.focus();
    }

    onMeasureSelected({measure}) {
        this.model.updateMetaData({measure});
    }

    onIntervalSelected(interval) {
        this.model.updateMetaData({interval});
    }

    toggleCumulated() {
        const {cumulated} = this.model.metaData;
        this.model.updateMetaData({cumulated: !cumulated});
    }

    /**
     * @param {Object} row of the table
     * @param {Number} [column]
     * @param {Boolean} [newWindow]
     */
    openRecords(row, column, newWindow) {
        const {resModel} = this.model.metaData;
        const context = Object.fromEntries(
            Object.entries(this.model.searchParams.context).filter(
                ([key]) => key !== "group_by" && !key.startsWith("search_default_")
            )
        );
        const {views = []} = this.env.config;
        this.actionService.doAction(
            {
                type: "ir.actions.act_window",
                name: row.label,
                res_model: resModel,
                search_view_id: views.find(([, type]) => type === "search"),
                views: ["list", "form"].map((type) => [
                    views.find((view) => view[1] === type)?.[0] || false,
                    type,
                ]),
                target: "current",
                context,
                domain: this.model.getDomain(row, column),
            },
            {newWindow}
        );
    }

    /**
     * The shares are numbers from 0 to 100.
     */
    downloadTable() {
        const {resModel, title} = this.model.metaData;
        const {average, columns, rows, shares} = this.table;
        const toCells = (total, parts) => [
            {value: total, is_bold: true},
            ...parts.map((share) => ({value: Math.round(share * 1000) / 10})),
        ];
        const exported = rows.map((row) => ({
            title: row.label,
            indent: 0,
            values: toCells(
                row.total,
                row.cells.map((cell) => cell.share)
            ),
        }));
        exported.push({
            title: _t("Average").toString(),
            indent: 0,
            values: toCells(average, shares),
        });
        const table = {
            model: resModel,
            // What a spreadsheet takes as the name of a sheet.
            title: title.replace(/[[\]:*?/\\]/g, " ").slice(0, 31),
            measure_count: 1,
            col_group_headers: [
                [
                    {title: "", width: 1, height: 1},
                    {title: `${this.stopLabel} (%)`, width: columns.length, height: 1},
                ],
            ],
            measure_headers: [this.measure.string, ...columns].map((name) => ({
                title: String(name),
                is_bold: false,
            })),
            rows: exported,
        };
        const json = new Blob([JSON.stringify(table)], {type: "application/json"});
        download({url: "/web/pivot/export_xlsx", data: {data: json}});
    }
}
