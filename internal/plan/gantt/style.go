package gantt

// Style is the style sheet of the drawing, for light, dark and print. Late and critical differ by their line as well as by their colour.
func Style() string {
	return `
.gantt{--gantt-paper:#fff;--gantt-ink:#1b2430;--gantt-soft:#566170;--gantt-line:#dfe3e8;--gantt-closed:#eef0f2;--gantt-stripe:#f6f7f8;
--gantt-bar:#a9c9e8;--gantt-done:#2f6ea5;--gantt-plan:#7b8794;--gantt-critical:#8a3b00;--gantt-late:#b3261e;--gantt-now:#0e6458;
font-family:ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Arial,"DejaVu Sans",sans-serif;max-width:100%;height:auto;display:block}
@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]) .gantt,.gantt:root{--gantt-paper:#141615;--gantt-ink:#e9ece9;--gantt-soft:#aab4bf;--gantt-line:#31373d;
--gantt-closed:#20252a;--gantt-stripe:#191d20;--gantt-bar:#34536f;--gantt-done:#7fb4e2;--gantt-plan:#8d98a5;--gantt-critical:#f0a64a;--gantt-late:#ff9f95;--gantt-now:#62c6b4}}
@media screen{:root[data-theme=dark] .gantt{--gantt-paper:#141615;--gantt-ink:#e9ece9;--gantt-soft:#aab4bf;--gantt-line:#31373d;
--gantt-closed:#20252a;--gantt-stripe:#191d20;--gantt-bar:#34536f;--gantt-done:#7fb4e2;--gantt-plan:#8d98a5;--gantt-critical:#f0a64a;--gantt-late:#ff9f95;--gantt-now:#62c6b4}}
.gantt-paper{fill:var(--gantt-paper)}
.gantt text{fill:var(--gantt-ink);font-size:12px}.gantt .gantt-tick,.gantt .gantt-legend{font-size:11px;fill:var(--gantt-soft)}.gantt .gantt-head{font-weight:600}
.gantt-stripe{fill:var(--gantt-stripe)}.gantt-closed{fill:var(--gantt-closed)}
.gantt-week,.gantt-month,.gantt-rule{stroke:var(--gantt-line);stroke-width:1}.gantt-month{stroke-width:1.6}
.gantt-bar{fill:var(--gantt-bar);stroke:var(--gantt-done);stroke-width:1}.gantt-done{fill:var(--gantt-done)}
.gantt-planned{fill:var(--gantt-plan)}.gantt-planned-point{fill:none;stroke:var(--gantt-plan);stroke-width:1.5}.gantt-point{fill:var(--gantt-done)}
.gantt-row.is-critical .gantt-bar{stroke:var(--gantt-critical);stroke-width:2.5}.gantt-row.is-critical .gantt-point{stroke:var(--gantt-critical);stroke-width:2.5}
.gantt-row.is-late .gantt-bar{stroke:var(--gantt-late);stroke-width:2.5;stroke-dasharray:5 3}.gantt-row.is-late .gantt-point{fill:var(--gantt-late)}
.gantt-row.is-ended .gantt-bar{stroke:var(--gantt-done);stroke-width:1;stroke-dasharray:none}
.gantt-link{fill:none;stroke:var(--gantt-soft);stroke-width:1.1}.gantt-link.is-critical{stroke:var(--gantt-critical);stroke-width:1.6}
.gantt-tip{fill:var(--gantt-soft);stroke:none}.gantt-tip.is-critical{fill:var(--gantt-critical);stroke:none}
.gantt-today{stroke:var(--gantt-now);stroke-width:2}.gantt .gantt-today-label{fill:var(--gantt-now);font-weight:600;font-size:11px}
.gantt-end{stroke:var(--gantt-soft);stroke-width:1.5;stroke-dasharray:2 3}.gantt .gantt-end-label{font-size:11px;fill:var(--gantt-soft)}
@media (forced-colors:active){.gantt-bar,.gantt-done,.gantt-point{stroke:CanvasText}}
@media print{.gantt{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`
}
