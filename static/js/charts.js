// Draws the figures that Python built. Colours come from the stylesheet's tokens, so both themes are one figure.
// A figure says what things are (meta.role, meta.group …); this file decides how they look and links the charts.
"use strict";

const Charts = (() => {
  const drawn = new Map(); // plot id -> {figure text, figure, plot element}
  const probe = document.createElement("i");
  let tokens = {};

  const TOKENS = ["text", "text-2", "text-3", "surface", "grid", "axis", "limit", "border-2",
    "c0", "c1", "c2", "c3", "c4", "c5", "c6", "ok", "warn", "bad"];

  function readTokens() {
    probe.hidden = true;
    document.body.append(probe);
    tokens = {};
    for (const name of TOKENS) {
      probe.style.color = `var(--${name})`; // the computed colour resolves light-dark()
      tokens[name] = getComputedStyle(probe).color;
    }
    tokens.font = getComputedStyle(document.body).fontFamily;
    probe.remove();
  }

  const colour = (role) => tokens[role] || tokens.c0;
  const faded = (role, alpha) => colour(role).replace(/^rgb\((.+)\)$/, `rgba($1, ${alpha})`);

  const FORMATS = {
    usd: (v) => "$" + v.toFixed(2).replace(/\B(?=(\d{3})+\.)/g, ","),
    usd_whole: (v) => (v < 0 ? "−$" : "$") + Math.abs(v).toFixed(0).replace(/\B(?=(\d{3})+$)/g, ","),
    usd_per_million: (v) => "$" + v.toFixed(v >= 1 ? 2 : 3),
    percent: (v) => (v * 100).toFixed(0) + "%",
    seconds: (v) => v.toFixed(v < 10 ? 2 : 1),
    milliseconds: (v) => v.toFixed(0),
    one: (v) => v.toFixed(1),
    whole: (v) => v.toFixed(0),
    short: (v) => v >= 1e6 ? (v / 1e6).toFixed(1) + "M" : v >= 1e3 ? (v / 1e3).toFixed(1) + "k" : v.toFixed(v < 10 ? 1 : 0),
  };
  const write = (figure, value) => value == null ? "–" : (FORMATS[figure.layout.meta.format] || String)(value);
  const stamp = (ms) => new Date(ms).toISOString();
  // Figures are in UTC. Who reads local times (Settings, Display) sees every axis moved by as much.
  const shift = () => document.documentElement.dataset.times === "local" ? -new Date().getTimezoneOffset() * 6e4 : 0;
  const moved = (text) => shift() ? stamp(Date.parse(text + "Z") + shift()).slice(0, 19) : text;
  const timeOf = (trace, index) => Date.parse(trace.x0 + "Z") + index * trace.dx;
  const series = (figure) => figure.data.filter((trace) => trace.meta && trace.meta.kind === "series");

  function lastKnown(trace) {
    for (let k = trace.y.length - 1; k >= 0; k--) if (trace.y[k] != null) return k;
    return -1;
  }

  function axis(extra, own) {
    return Object.assign({
      gridcolor: tokens.grid, linecolor: tokens.axis, tickcolor: tokens.axis, zeroline: false, fixedrange: true,
      tickfont: { family: tokens.font, size: 11, color: tokens["text-3"] },
    }, extra, own);
  }

  function paintTrace(trace, grouped) {
    const meta = trace.meta || {};
    const painted = Object.assign({}, trace);
    if (trace.x0) painted.x0 = moved(trace.x0);
    if (meta.kind === "events") painted.x = trace.x.map(moved);
    if (meta.kind === "bars") {
      painted.base = trace.base.map(moved);
      painted.marker = {
        color: meta.pattern ? tokens.surface : faded(meta.role, 0.75),
        line: { width: meta.pattern ? 1 : 0, color: colour(meta.role) },
        pattern: meta.pattern ? { shape: meta.pattern, size: 5, solidity: 0.45, fgcolor: colour(meta.role), bgcolor: tokens.surface } : undefined,
      };
      return painted;
    }
    if (meta.kind === "events") {
      painted.marker = Object.assign({}, trace.marker, {
        opacity: 1, color: meta.roles.map(colour),
        line: { width: 1.6, color: meta.roles.map((role, k) => String(trace.marker.symbol[k]).includes("open") ? colour(role) : tokens.surface) },
      });
      return painted;
    }
    painted.line = Object.assign({}, trace.line, { color: colour(meta.role) });
    if (trace.mode.includes("markers")) painted.marker = { color: colour(meta.role), size: 5 };
    if (trace.stackgroup) painted.fillcolor = faded(meta.role, trace.line.width ? 0.28 : 0.6);
    if (grouped) painted.hoverinfo = "none";
    return painted;
  }

  function paintLayout(figure, height) {
    const given = figure.layout;
    const font = { family: tokens.font, size: 11, color: tokens["text-3"] };
    const layout = Object.assign({}, given, {
      height, font, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false, dragmode: false,
      hovermode: given.hovermode || "x",
      hoverlabel: { bgcolor: tokens.surface, bordercolor: tokens["border-2"], font: { family: tokens.font, size: 12, color: tokens.text } },
      xaxis: axis({ showgrid: false, showline: true, ticks: "outside", ticklen: 3, nticks: innerWidth < 760 ? 5 : 7, tickangle: 0 }, given.xaxis, { range: given.xaxis.range.map(moved) }),
      yaxis: axis({ rangemode: "tozero", nticks: 5 }, given.yaxis),
    });
    const roleOf = (thing) => (thing.name || "").split(":")[1] || "text-3";
    layout.shapes = (given.shapes || []).map((shape) => Object.assign({}, shape, shape.xref === "paper" ? {} : { x0: moved(shape.x0), x1: moved(shape.x1) }, { line: Object.assign({}, shape.line, { color: colour(roleOf(shape)) }) }));
    layout.annotations = (given.annotations || []).map((note) => Object.assign({}, note, { font: { family: tokens.font, size: 11, color: colour(roleOf(note)) }, bgcolor: roleOf(note) === "limit" ? tokens.surface : undefined, opacity: roleOf(note) === "limit" ? 0.9 : 1 }));
    if (given.meta.ends) layout.annotations = layout.annotations.concat(endLabels(figure, height));
    return layout;
  }

  // Lines are named at their right end with the latest value, pushed apart so that no two touch.
  function endLabels(figure, height) {
    const { margin, yaxis, meta } = figure.layout;
    const inner = height - margin.t - margin.b;
    const share = yaxis.domain || [0, 1];
    const [low, high] = yaxis.range;
    const scale = yaxis.type === "log" ? Math.log10 : (v) => v;
    let below = 0;
    const labels = series(figure).map((trace) => {
      const at = lastKnown(trace);
      if (at < 0) return null;
      const value = trace.y[at];
      const height_ = meta.stacked ? below + value / 2 : value;
      below += meta.stacked ? value : 0;
      const ratio = (scale(height_) - low) / (high - low);
      return { trace, value, y: inner * (1 - share[0] - (share[1] - share[0]) * Math.min(Math.max(ratio, 0), 1)) };
    }).filter(Boolean).sort((a, b) => a.y - b.y);
    for (let k = 1; k < labels.length; k++) labels[k].y = Math.max(labels[k].y, labels[k - 1].y + 14);
    const over = labels.length ? labels[labels.length - 1].y - inner : 0;
    if (over > 0) for (let k = labels.length - 1; k >= 0; k--) labels[k].y = Math.min(labels[k].y, inner - (labels.length - 1 - k) * 14);
    return labels.map(({ trace, value, y }) => ({
      xref: "paper", x: 1, xanchor: "left", xshift: 6, yref: "paper", y: 1, yshift: -y, yanchor: "middle", showarrow: false, align: "left",
      text: `<span style="color:${colour(trace.meta.role)}">${meta.stacked ? "■" : "━"}</span> ${escape_(trace.name)} <b>${write(figure, value)}</b>`,
      font: { family: tokens.font, size: 11, color: tokens["text-2"] },
    }));
  }

  const escape_ = (text) => text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);

  function legend(entry, at) {
    const box = entry.plot.parentElement.querySelector("[data-legend]");
    if (!box) return;
    const traces = series(entry.figure);
    if (box.children.length !== traces.length || box.dataset.uiOf !== entry.text) {
      box.replaceChildren(...traces.map((trace) => {
        const item = document.createElement("span");
        const key = document.createElement("i");
        const dash = trace.line && trace.line.dash;
        key.className = `key ${trace.meta.role} ${trace.stackgroup ? "square" : dash === "dot" ? "dot" : dash === "dash" ? "dash" : ""}`;
        item.append(key, trace.name + " ", document.createElement("b"));
        return item;
      }));
      box.dataset.uiOf = entry.text;
    }
    traces.forEach((trace, k) => {
      const index = at == null ? entry.figure.layout.meta.read_at ?? lastKnown(trace) : Math.round((at - Date.parse(trace.x0 + "Z")) / trace.dx);
      box.children[k].querySelector("b").textContent = write(entry.figure, trace.y[index]);
    });
  }

  function crosshair(group, at) {
    for (const entry of drawn.values()) {
      if (entry.figure.layout.meta.group !== group || !entry.plot._fullLayout) continue;
      const { xaxis, _size: size } = entry.plot._fullLayout;
      entry.line ||= entry.plot.appendChild(Object.assign(document.createElement("i"), { className: "crosshair" }));
      entry.line.style.display = at == null ? "none" : "block";
      if (at != null) {
        entry.line.dataset.time = stamp(at + shift()).slice(5, 16).replace("T", " ");
        Object.assign(entry.line.style, { left: `${xaxis._offset + xaxis.d2p(at + shift())}px`, top: `${size.t}px`, height: `${size.h}px` });
      }
      legend(entry, at);
    }
  }

  function draw(plot) {
    const source = document.getElementById(plot.dataset.figure);
    if (!source) return;
    const known = drawn.get(plot.id);
    const text = source.textContent;
    if (known && known.plot === plot && known.text === text && !known.dirty) return;
    const figure = known && known.text === text ? known.figure : JSON.parse(text);
    const entry = Object.assign(known && known.plot === plot ? known : {}, { plot, text, figure, dirty: false });
    drawn.set(plot.id, entry);
    const grouped = Boolean(figure.layout.meta.group);
    const height = plot.clientHeight || 148;
    try {
      plot.querySelector(".skeleton")?.remove();
      window.Plotly.react(plot, figure.data.map((trace) => paintTrace(trace, grouped)), paintLayout(figure, height), { displayModeBar: false, responsive: true });
    } catch (error) {
      const note = document.createElement("p");
      note.className = "empty bad";
      note.textContent = `This chart could not be drawn (${error.message}). Its numbers are in the table view.`;
      plot.replaceChildren(note);
      return;
    }
    legend(entry, null);
    for (const svg of plot.querySelectorAll("svg")) svg.setAttribute("aria-hidden", "true"); // the plot's own label says it
    if (plot.hidden) twin(plot); // an open table follows the figure
  }

  function refresh(dirty) {
    readTokens();
    for (const plot of document.querySelectorAll(".plot[data-figure]")) {
      if (dirty && drawn.has(plot.id)) drawn.get(plot.id).dirty = true;
      draw(plot);
    }
    for (const [id, entry] of drawn) if (!entry.plot.isConnected) drawn.delete(id);
  }

  // What the other scripts ask of a chart: where it is in time, and what it shows there.
  const entryOf = (plot) => plot && drawn.get(plot.id)?.plot._fullLayout ? drawn.get(plot.id) : null;
  const neighbours = (entry) => [...drawn.values()].filter((other) => other.figure.layout.meta.group === entry.figure.layout.meta.group && other.plot._fullLayout && other.plot.offsetParent);
  const domain = (entry) => entry.figure.layout.xaxis.range.map((text) => Date.parse(text + "Z"));
  const pixel = (entry, at) => entry.plot._fullLayout.xaxis._offset + entry.plot._fullLayout.xaxis.d2p(at + shift());

  function instant(entry, x) {
    const { xaxis } = entry.plot._fullLayout;
    const [from, to] = domain(entry);
    return Math.min(Math.max(xaxis.p2l(x - xaxis._offset) - shift(), from), to);
  }

  function step(entry) {
    const first = series(entry.figure)[0];
    const [from, to] = domain(entry);
    return first ? { size: first.dx, from: Date.parse(first.x0 + "Z") } : { size: Math.max(6e4, (to - from) / 180), from };
  }

  function told(entry, at) {
    const values = series(entry.figure).map((trace) => `${trace.name} ${write(entry.figure, trace.y[Math.round((at - Date.parse(trace.x0 + "Z")) / trace.dx)])}`);
    return [stamp(at + shift()).slice(5, 16).replace("T", " "), ...values].join(", ");
  }

  // The table twin: every series of the figure, at most 48 times of it, newest last.
  function twin(plot) {
    const { figure } = drawn.get(plot.id);
    const box = plot.parentElement.querySelector("[data-twin]");
    const table = document.createElement("table");
    table.className = "t dense slim";
    const rows = figure.layout.meta.rows || seriesRows(figure);
    const head = table.createTHead().insertRow();
    rows.head.forEach((text, k) => {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.className = k ? "num" : "";
      cell.textContent = text;
      head.append(cell);
    });
    const body = table.createTBody();
    for (const values of rows.body) {
      const row = body.insertRow();
      values.forEach((text, k) => { const cell = row.insertCell(); cell.className = k ? "num" : "nowrap"; cell.textContent = text; });
    }
    box.replaceChildren(table);
    if (rows.note) box.append(Object.assign(document.createElement("p"), { className: "card-foot", textContent: rows.note }));
  }

  function seriesRows(figure) {
    const traces = series(figure);
    const length = Math.max(0, ...traces.map((trace) => trace.y.length));
    const stride = Math.max(1, Math.ceil(length / 48));
    const body = [];
    for (let k = (length - 1) % stride; k >= 0 && k < length; k += stride) {
      body.push([stamp(timeOf(traces[0], k) + shift()).slice(0, 16).replace("T", " "), ...traces.map((trace) => write(figure, trace.y[k]))]);
    }
    const note = stride > 1 ? `Every ${stride}th step. The CSV holds all ${length}.` : "";
    return { head: [shift() ? "Time, local" : "Time, UTC", ...traces.map((trace) => trace.name)], body, note };
  }

  function toggleTwin(button) {
    const card = button.closest(".card");
    for (const plot of card.querySelectorAll(".plot[data-figure]")) {
      if (plot.closest("[data-choice][hidden]")) continue;
      const box = plot.parentElement.querySelector("[data-twin]");
      const open = box.hidden;
      box.hidden = !open;
      plot.hidden = open;
      button.setAttribute("aria-pressed", String(open));
      button.title = open ? "View as chart" : "View as table";
      if (open) twin(plot);
      else draw(plot);
    }
  }

  // One card may hold several figures, of which a segmented control shows one.
  function choose(button) {
    const card = button.closest(".card");
    for (const other of button.parentElement.children) other.setAttribute("aria-pressed", String(other === button));
    for (const pane of card.querySelectorAll("[data-choice]")) {
      pane.hidden = pane.dataset.choice !== button.dataset.choose;
      if (!pane.hidden) pane.querySelectorAll(".plot[data-figure]").forEach((plot) => { drawn.delete(plot.id); draw(plot); });
    }
  }

  document.addEventListener("click", (event) => {
    const twinButton = event.target.closest("[data-twin-toggle]");
    if (twinButton) toggleTwin(twinButton);
    const choice = event.target.closest("[data-choose]");
    if (choice) choose(choice);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => refresh(true));
  addEventListener("DOMContentLoaded", () => refresh(false));
  return { refresh, crosshair, entryOf, neighbours, domain, pixel, instant, step, told };
})();
