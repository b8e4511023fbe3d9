/** How the dashboard looks: light or dark as the system is. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1c2024;--soft:#5d6673;--paper:#f5f6f8;--card:#fff;--line:#e3e6ea;--good:#12805c;--due:#a86a00;--bad:#b3341f}
@media(prefers-color-scheme:dark){:root{--ink:#eceef1;--soft:#9aa3b0;--paper:#121417;--card:#1b1e22;--line:#2c3137;--good:#4cc79b;--due:#e2ab4b;--bad:#f08a72}}
*{box-sizing:border-box}
body{margin:0;padding:1.5rem;background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI","PingFang SC","Microsoft YaHei",sans-serif}
header,main{max-width:64rem;margin:0 auto}
header{display:flex;flex-wrap:wrap;align-items:baseline;gap:.25rem 1rem;margin-bottom:1.25rem}
h1{margin:0;font-size:1.25rem}
h2{margin:0;font-size:1.05rem;overflow-wrap:anywhere}
p{margin:0;color:var(--soft);overflow-wrap:anywhere}
.about{margin-bottom:.9rem;font-size:.9rem}
.cards{display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,28rem),1fr))}
article{padding:1.25rem;background:var(--card);border:1px solid var(--line);border-radius:.9rem;--tone:var(--soft)}
article.good{--tone:var(--good)}article.due{--tone:var(--due)}article.bad{--tone:var(--bad)}
.head{display:flex;justify-content:space-between;gap:1rem;align-items:baseline}
.pill{flex:none;padding:.05rem .65rem;border-radius:1rem;border:1px solid var(--tone);color:var(--tone);font-size:.85rem}
p.left{margin:.6rem 0 0;color:var(--ink);font-size:1.9rem;line-height:1.2;font-variant-numeric:tabular-nums}
.life{display:block;width:100%;height:.7rem;margin:.6rem 0 .4rem;border-radius:.35rem;background:var(--line)}
.life .left{fill:var(--tone)}.life .due{fill:var(--ink);opacity:.55}
.facts{margin-top:.6rem;font-size:.85rem}
.trouble{margin-top:.75rem;padding:.6rem .8rem;border-left:3px solid var(--bad);background:color-mix(in srgb,var(--bad) 9%,transparent);color:var(--ink);font-size:.9rem;border-radius:0 .4rem .4rem 0}
.scopes{display:flex;flex-wrap:wrap;gap:.3rem;margin:.6rem 0 0;padding:0;list-style:none}
.scopes li{padding:0 .5rem;border:1px solid var(--line);border-radius:1rem;font:.78rem/1.6 ui-monospace,monospace;overflow-wrap:anywhere}
ol{margin:.9rem 0 0;padding:.7rem 0 0;border-top:1px solid var(--line);list-style:none;font-size:.85rem}
ol li{display:grid;grid-template-columns:5.5rem 1fr;gap:.6rem;padding:.1rem 0}
ol time{color:var(--soft);font-variant-numeric:tabular-nums}
ol .good{color:var(--good)}ol .bad{color:var(--bad)}ol .due{color:var(--due)}
`
