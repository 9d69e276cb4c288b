/// The page's style sheet.
///
/// Colours come in pairs for light and dark; words keep a contrast of at least 4.5 against their ground, and what is drawn
/// at least 3 (WCAG 2.2, 1.4.3 and 1.4.11).
enum PageStyle {
    static let sheet = """
        :root {
          color-scheme: light dark;
          --ground: #f6f7f9; --card: #ffffff; --ink: #16202b; --quiet: #51606f; --rule: #dde3ea;
          --spent: #1f6fb2; --held: #9a6700; --limit: #c2293b; --forecast: #5b6876; --range: #5b687626; --edge: #16202b33;
          --calm: #1a7f4b; --warning: #9a6700; --full: #c2293b; --track: #e4e9ef;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #0f151c; --card: #18212b; --ink: #e8eef4; --quiet: #a3b1bf; --rule: #2b3743;
            --spent: #5aa9e6; --held: #e0a93b; --limit: #ff7b86; --forecast: #b4c0cc; --range: #b4c0cc2e; --edge: #00000099;
            --calm: #4cc38a; --warning: #e0a93b; --full: #ff7b86; --track: #2b3743;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0; background: var(--ground); color: var(--ink);
          font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
        }
        main {
          max-width: 72rem; margin: 0 auto; padding: 2rem 1.25rem 4rem;
          display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1.25rem;
        }
        header, .whole { grid-column: 1 / -1; }
        h1 { font-size: clamp(1.3rem, 1.1rem + 1vw, 1.75rem); line-height: 1.3; margin: 0; text-wrap: balance; }
        h2 { font-size: 1.05rem; margin: 0 0 .75rem; }
        section { background: var(--card); border: 1px solid var(--rule); border-radius: .75rem; padding: 1.25rem; }
        figure { margin: 0 0 1.25rem; }
        section > :last-child { margin-bottom: 0; }
        figcaption { font-weight: 600; margin-bottom: .25rem; }
        .unbroken { white-space: nowrap; }
        code { font: .92em ui-monospace, "DejaVu Sans Mono", monospace; }
        .note { color: var(--quiet); margin: .75rem 0 0; max-width: 60rem; }
        .scroll {
          overflow-x: auto; background-color: var(--card); background-repeat: no-repeat;
          background-image:
            linear-gradient(to left, var(--card), var(--card)), linear-gradient(to left, var(--edge), transparent);
          background-position: right; background-size: 2.5rem 100%, 1rem 100%; background-attachment: local, scroll;
        }
        .scroll:focus-visible, summary:focus-visible { outline: 3px solid var(--spent); outline-offset: 2px; }
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .92rem; }
        th, td { padding: .45rem .75rem; border-bottom: 1px solid var(--rule); text-align: left; vertical-align: baseline; }
        th:first-child, td:first-child { padding-left: 0; }
        th:last-child, td:last-child { padding-right: 0; }
        thead th { color: var(--quiet); font-weight: 600; font-size: .82rem; vertical-align: bottom; }
        tbody th { font-weight: 600; }
        th:first-child { position: sticky; left: 0; background: var(--card); }
        tbody tr:last-child > * { border-bottom: 0; }
        tfoot > tr > * { border-top: 2px solid var(--rule); border-bottom: 0; font-weight: 600; }
        .number { text-align: right; white-space: nowrap; }
        .words { overflow-wrap: anywhere; min-width: 6.5rem; }
        td.bar { min-width: 7rem; width: 20%; }
        .meter { display: block; width: 100%; height: .7rem; border-radius: .35rem; }
        .track { fill: var(--track); } .calm { fill: var(--calm); } .warning { fill: var(--warning); }
        .full { fill: var(--full); }
        .facts { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.1rem; margin: 0; }
        .facts dt { color: var(--quiet); } .facts dd { margin: 0; overflow-wrap: anywhere; }
        pre { margin: .75rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .88rem; }
        details { margin-top: .5rem; }
        summary { color: var(--quiet); cursor: pointer; font-size: .88rem; padding: .25rem 0; width: fit-content; }
        .chart { display: block; width: 100%; overflow: visible; }
        .plot { height: auto; }
        .chart text { fill: var(--quiet); font-size: 12px; font-family: inherit; font-variant-numeric: tabular-nums; }
        .chart .name { fill: var(--ink); }
        .grid { stroke: var(--rule); stroke-width: 1; }
        .spent { fill: var(--spent); } .held { fill: var(--held); }
        .line { fill: none; stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round; }
        .line.spent { stroke: var(--spent); fill: none; } .line.held { stroke: var(--held); fill: none; }
        .line.limit { stroke: var(--limit); stroke-width: 2; stroke-dasharray: 7 4; }
        .line.forecast { stroke: var(--forecast); stroke-dasharray: 2 5; }
        .range { fill: var(--range); }
        .legend { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; margin: 0 0 .5rem; padding: 0; }
        .legend li { display: flex; align-items: center; gap: .45rem; color: var(--quiet); font-size: .85rem; }
        .legend svg { width: 18px; height: 12px; flex: none; }
        .narrow { display: none; }
        @media (max-width: 34rem) {
          main { padding: 1.25rem .75rem 3rem; gap: .85rem; }
          .compact { grid-column: 1 / -1; }
          section { padding: 1rem .85rem; }
          th, td { padding: .45rem .55rem; }
          .wide { display: none; }
          .narrow { display: block; }
          .words { min-width: 0; }
          .facts { grid-template-columns: 1fr; gap: 0; } .facts dd { margin-bottom: .5rem; }
          .cards thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
          .cards, .cards tbody, .cards tfoot { display: block; }
          .cards tr {
            display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .1rem 1.25rem; padding: .6rem 0;
            border-bottom: 1px solid var(--rule);
          }
          .cards tbody tr:last-child { border-bottom: 0; }
          .cards tfoot tr { border-top: 2px solid var(--rule); border-bottom: 0; }
          .cards tr > * { border: 0; padding: 0; }
          .cards th, .cards td.bar { grid-column: 1 / -1; width: auto; }
          .cards td {
            display: flex; flex-wrap: wrap; justify-content: end; column-gap: .5rem; text-align: right; overflow-wrap: anywhere;
          }
          .cards td::before {
            content: attr(data-title); color: var(--quiet); margin-right: auto; text-align: left; overflow-wrap: normal;
          }
          .cards td.bar::before, .cards td:empty { display: none; }
        }
        @media print { section { break-inside: avoid; } }

        """
}
