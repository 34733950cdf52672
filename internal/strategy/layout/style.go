package layout

// Style is the style sheet of the drawing, for light, dark and print. Sizes of text are those the boxes were measured for, so a page
// may change colours (the custom properties) but not sizes. A page switches by itself with data-theme="dark" or "light" on its root.
func Style() string {
	return `
.map{--map-paper:#fff;--map-ink:#1b2430;--map-soft:#5a6675;--map-card:#fff;--map-edge:#c9d1db;--map-track:#e6eaef;--map-line:#526075;
--map-good:#1b7a43;--map-watch:#b25e00;--map-bad:#b3261e;--map-none:#6b7685;--map-on:#fff;--map-focus:#1f5fd0;
--map-b1:#eaf1fb;--map-b2:#eef6ef;--map-b3:#f6f1fa;--map-b4:#fcf4e8;--map-b5:#e9f6f6;--map-b6:#f9eef0;
--map-b7:#f2f2f0;--map-b8:#fdf0f7;--map-t7:#dddcd8;--map-t8:#f3d5e6;
--map-h1:#2f5fae;--map-h2:#226b2f;--map-h3:#5b4a9e;--map-h4:#855000;--map-h5:#0e6458;--map-h6:#ae241c;--map-h7:#5a6675;--map-h8:#a8386a;
--map-t1:#cfdff5;--map-t2:#d3e8d7;--map-t3:#e3d6ee;--map-t4:#f5e2c4;--map-t5:#cbe8e8;--map-t6:#efd5da;
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif;max-width:100%;height:auto}
@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]) .map,.map:root{--map-paper:#12161c;--map-ink:#e8edf3;--map-soft:#a6b1bf;--map-card:#1e252e;--map-edge:#3b4654;
--map-track:#36404c;--map-line:#8b9ab0;--map-good:#56c583;--map-watch:#f0a64a;--map-bad:#ff8a80;--map-none:#9aa6b4;--map-on:#12161c;--map-focus:#8ab4ff;
--map-b1:#17202c;--map-b2:#17231c;--map-b3:#211b29;--map-b4:#272016;--map-b5:#152425;--map-b6:#281b1e;
--map-b7:#1c1e20;--map-b8:#281a24;--map-t7:#33383c;--map-t8:#462a3e;
--map-h1:#93b3f2;--map-h2:#7fcb8d;--map-h3:#b8a8f2;--map-h4:#e5b264;--map-h5:#62c6b4;--map-h6:#ff9f95;--map-h7:#b8b8b8;--map-h8:#f090b8;
--map-t1:#22334a;--map-t2:#22392b;--map-t3:#372a45;--map-t4:#443620;--map-t5:#203c3d;--map-t6:#452a30}}
@media screen{:root[data-theme=dark] .map{--map-paper:#12161c;--map-ink:#e8edf3;--map-soft:#a6b1bf;--map-card:#1e252e;--map-edge:#3b4654;
--map-track:#36404c;--map-line:#8b9ab0;--map-good:#56c583;--map-watch:#f0a64a;--map-bad:#ff8a80;--map-none:#9aa6b4;--map-on:#12161c;--map-focus:#8ab4ff;
--map-b1:#17202c;--map-b2:#17231c;--map-b3:#211b29;--map-b4:#272016;--map-b5:#152425;--map-b6:#281b1e;
--map-b7:#1c1e20;--map-b8:#281a24;--map-t7:#33383c;--map-t8:#462a3e;
--map-h1:#93b3f2;--map-h2:#7fcb8d;--map-h3:#b8a8f2;--map-h4:#e5b264;--map-h5:#62c6b4;--map-h6:#ff9f95;--map-h7:#b8b8b8;--map-h8:#f090b8;
--map-t1:#22334a;--map-t2:#22392b;--map-t3:#372a45;--map-t4:#443620;--map-t5:#203c3d;--map-t6:#452a30}}
.map .is-band-1{--map-band:var(--map-b1);--map-tab:var(--map-t1)}.map .is-band-2{--map-band:var(--map-b2);--map-tab:var(--map-t2)}
.map .is-band-3{--map-band:var(--map-b3);--map-tab:var(--map-t3)}.map .is-band-4{--map-band:var(--map-b4);--map-tab:var(--map-t4)}
.map .is-band-5{--map-band:var(--map-b5);--map-tab:var(--map-t5)}.map .is-band-6{--map-band:var(--map-b6);--map-tab:var(--map-t6)}
.map .is-band-7{--map-band:var(--map-b7);--map-tab:var(--map-t7)}.map .is-band-8{--map-band:var(--map-b8);--map-tab:var(--map-t8)}
.map .is-theme-1{--map-theme:var(--map-h1)}.map .is-theme-2{--map-theme:var(--map-h2)}.map .is-theme-3{--map-theme:var(--map-h3)}.map .is-theme-4{--map-theme:var(--map-h4)}.map .is-theme-5{--map-theme:var(--map-h5)}.map .is-theme-6{--map-theme:var(--map-h6)}.map .is-theme-7{--map-theme:var(--map-h7)}.map .is-theme-8{--map-theme:var(--map-h8)}
.map text{fill:var(--map-ink)}.map a{text-decoration:none}
.map-paper{fill:var(--map-paper)}
.map-heading{font-size:20px;font-weight:700}.map .map-subheading{font-size:12px;fill:var(--map-soft)}
.map-band-box{fill:var(--map-band)}.map-band-label{fill:var(--map-tab)}
.map-band-title{font-size:13px;font-weight:600}.map-band-title.is-wide{font-size:15px}
.map-step-box{fill:var(--map-tab)}.map-step-title{font-size:11px;font-weight:600}
.map-link{--map-stroke:var(--map-line);opacity:.85}.map-link-line{fill:none;stroke:var(--map-stroke);stroke-width:1.7}.map-link-head{fill:var(--map-stroke)}
.map-link.is-weight-1 .map-link-line{stroke-width:1.2}.map-link.is-weight-3 .map-link-line{stroke-width:2.7}
.map-link.is-consistent{--map-stroke:var(--map-good)}.map-link.is-not-consistent{--map-stroke:var(--map-bad)}
.map-link.is-not-consistent .map-link-line{stroke-dasharray:11 5}.map-link.is-too-few-data .map-link-line{stroke-dasharray:4 3}
.map-link:hover{opacity:1}.map-link:hover .map-link-line{stroke-width:3.4}
.map-objective{--map-state:var(--map-none)}
.map .is-on-track{--map-state:var(--map-good)}.map .is-watch{--map-state:var(--map-watch)}.map .is-off{--map-state:var(--map-bad)}.map .is-unknown{--map-state:var(--map-none)}
.map-card{fill:var(--map-card);stroke:var(--map-edge);stroke-width:1}.map-accent{fill:var(--map-state)}
.map-objective.is-unknown .map-card{stroke-dasharray:4 3}
a.map-objective:hover .map-card{stroke:var(--map-state);stroke-width:2}
a.map-objective:focus{outline:none}a.map-objective:focus-visible .map-card{stroke:var(--map-focus);stroke-width:3}
.map-title{font-size:13px;font-weight:600}.map .map-measure,.map .map-target,.map .map-note{font-size:11px;fill:var(--map-soft)}
.map-tile-box{fill:var(--map-state)}.is-bare .map-tile-box{fill:var(--map-card);stroke:var(--map-edge)}.map-sketch .is-unknown .map-tile-box{fill:var(--map-card);stroke:var(--map-none);stroke-dasharray:3 2}
.map-value{font-size:16px;font-weight:700}.map-value.is-small{font-size:13px}.map-target.is-end{text-anchor:end}
.map-bar{fill:var(--map-track)}.map-bar-done{fill:var(--map-state)}.map-bar-mark{stroke:var(--map-ink);stroke-width:2;fill:none}
.map .map-state{font-size:11px;font-weight:600;fill:var(--map-state)}
.map-icon-shape{fill:var(--map-state)}.map-icon-mark{fill:none;stroke:var(--map-on);stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
.map-icon-ring,.map-icon-dash{fill:none;stroke:var(--map-state);stroke-width:1.8}.map-icon-ring{stroke-dasharray:3 2}
.map-spark{fill:none;stroke:var(--map-soft);stroke-width:1.4;stroke-linejoin:round}.map-spark-last{fill:var(--map-state)}
.map-rule{stroke:var(--map-edge);fill:none}.map .map-supports-title{font-size:11px;font-weight:600}.map-supports{font-size:11px}
.map-theme-mark{fill:var(--map-theme);stroke:var(--map-card);stroke-width:1.5}.map .map-theme-number{font-size:10px;font-weight:700;fill:var(--map-on);text-anchor:middle}
.map .is-dim{opacity:.28}
.map.is-tracing .map-link[data-from]{opacity:.16}.map.is-tracing .map-link.is-near{opacity:1}.map.is-tracing .is-near .map-link-line{stroke-width:2.7}
.map-drop{fill:transparent;stroke:none}.map-drop.is-over{fill:var(--map-focus);fill-opacity:.14;stroke:var(--map-focus);stroke-dasharray:6 4}
.map-handle{fill:var(--map-card);stroke:var(--map-focus);stroke-width:2;opacity:0;cursor:crosshair}
.map-objective:hover .map-handle,.map-objective:focus-visible .map-handle{opacity:1}
.map-objective.is-target .map-card,.map-objective.is-origin .map-card{stroke:var(--map-focus);stroke-width:3}.map-objective.is-held{opacity:.75}
.map-string{fill:none;stroke:var(--map-focus);stroke-width:2.5;stroke-dasharray:6 4;pointer-events:none}
.map .map-legend-text{font-size:11px;fill:var(--map-soft)}
@media (hover:none){.map-handle{opacity:1}}
@media (forced-colors:active){.map-card{stroke:CanvasText}.map-link-line{stroke:CanvasText}}
@media print{.map{--map-ink:#000;--map-soft:#333;print-color-adjust:exact;-webkit-print-color-adjust:exact}.map-link{opacity:1}}
`
}
