// One trial: its config, curves beside the best trial's, pictures, and the verdict with its evidence.

function openTrial(name) {
  const trial = trialNamed.get(name);
  const panel = byId("panel");
  panel.replaceChildren(panelHead(trial), element("div", { class: "body" }, ...panelBody(trial)));
  panel.querySelectorAll(".zoom").forEach((b) => b.addEventListener("click", () => zoom(b.querySelector("img"))));
  if (!panel.open) panel.showModal();
  panel.scrollTop = 0;
  history.replaceState(null, "", `#trial=${encodeURIComponent(name)}`);
}

function panelHead(trial) {
  const order = matching();
  const place = order.indexOf(trial);
  const step = (text, label, other) =>
    element("button", { type: "button", "aria-label": label, disabled: other ? null : "", onclick: () => openTrial(other.name) }, text);
  return element("header", {},
    element("h2", { id: "panel-title" }, `Trial ${trial.name}${trial.name === page.best ? " (best)" : ""}`),
    step("‹", "Previous trial", order[place - 1]),
    step("›", "Next trial", place < 0 ? null : order[place + 1]),
    element("button", { type: "button", "aria-label": "Close", onclick: () => byId("panel").close() }, "✕"));
}

function panelBody(trial) {
  const facts = page.columns.filter((entry) => !entry.parameter && entry.shown && !["trial", "reason"].includes(entry.key));
  return [
    pairs(trial, facts),
    ...section("Why it ended", cell(trial, "reason") ? element("p", {}, cell(trial, "reason")) : null),
    ...section("Evidence for the verdict", list(page.evidence[trial.name])),
    ...section("What it printed last", printed(page.output?.[trial.name])),
    ...section("Config", pairs(trial, page.columns.filter((entry) => entry.parameter))),
    ...section("Pictures", pictures(trial)),
    ...section("Curves", charts(trial)),
    ...section("At the end", pairs(trial, page.columns.filter((entry) => !entry.shown))),
  ];
}

const section = (title, content) => (content ? [element("h3", {}, title), content] : []);

function list(sentences) {
  return sentences?.length ? element("ul", {}, ...sentences.map((sentence) => element("li", {}, sentence))) : null;
}

function printed(outputs) {
  return outputs?.length ? element("div", {}, ...outputs.map((text) => element("pre", { class: "printed" }, text))) : null;
}

function pairs(trial, entries) {
  const known = entries.filter((entry) => cell(trial, entry.key) !== null);
  if (!known.length) return null;
  const said = ({ key, kind }) => (key === "verdict" ? words(cell(trial, key)) : word(cell(trial, key), kind));
  return element("dl", { class: "pairs" }, ...known.map((entry) =>
    element("div", {}, element("dt", {}, entry.label), element("dd", {}, said(entry)))));
}

function pictures(trial) {
  const media = page.media[trial.name];
  if (!media) return null;
  if (!media.shown.length) return element("p", { class: "note" }, "Too many to be in this page: they lie in media/.");
  return element("div", { class: "grid" }, ...media.shown.map(([name, step, src]) => {
    const title = `${name.replaceAll("_", " ")} at step ${step}`;
    const button = element("button", { type: "button", class: "zoom", "aria-label": `Enlarge: ${title}` }, element("img", { src, alt: title }));
    return element("figure", {}, button, element("figcaption", {}, title));
  }));
}

function charts(trial) {
  const own = page.curves[trial.name];
  if (!own) return page.rows.length ? element("p", { class: "note" }, "Its curves are not in this page; results.jsonl has them.") : null;
  const best = trial.name === page.best ? null : page.curves[page.best];
  const names = Object.keys(own).filter((name) => name !== "step" && own[name].filter((value) => value !== null).length > 1);
  if (!names.length) return null;
  return element("div", { class: "grid" }, ...names.map((name) => {
    const caption = element("figcaption", {}, element("b", {}, name), best ? " Grey: the best trial." : "");
    return element("figure", {}, chart(name, own, best), caption);
  }));
}

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, LEFT, BOTTOM] = [360, 170, 52, 20];

function shape(tag, attributes, text = "") {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

/** Lines of one metric over steps, with the ends of both axes. */
function chart(name, own, best) {
  const series = [best, own].filter((curve) => curve?.[name]);
  const values = series.flatMap((curve) => curve[name].filter((value) => value !== null));
  const steps = series.flatMap((curve) => curve.step);
  const [low, high, first, last] = [Math.min(...values), Math.max(...values), Math.min(...steps), Math.max(...steps)];
  const x = (step) => LEFT + ((step - first) / (last - first || 1)) * (WIDTH - LEFT - 8);
  const y = (value) => 8 + ((high - value) / (high - low || 1)) * (HEIGHT - BOTTOM - 16);
  const svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart-small", role: "img", "aria-label": `${name} over steps` });
  for (const value of high > low ? [low, high] : [low]) {
    svg.append(shape("line", { x1: LEFT, x2: WIDTH - 8, y1: y(value), y2: y(value) }));
    svg.append(shape("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, word(value)));
  }
  for (const [step, anchor] of [[first, "start"], [last, "end"]]) svg.append(shape("text", { x: x(step), y: HEIGHT - 4, "text-anchor": anchor }, `step ${step}`));
  for (const curve of series) svg.append(shape("path", { d: path(curve.step.map((step, i) => [step, curve[name][i]]), x, y), class: curve === own ? "own" : "other" }));
  return svg;
}

/** A line through the points; it breaks where a value is missing. */
function path(points, x, y) {
  return points.map(([step, value], i) => {
    if (value === null) return "";
    return `${i && points[i - 1][1] !== null ? "L" : "M"}${x(step).toFixed(1)} ${y(value).toFixed(1)}`;
  }).join("");
}

function winner() {
  const picture = page.best && page.media[page.best]?.shown[0];
  if (!picture) return;
  const [name, step, src] = picture;
  const title = `${name.replaceAll("_", " ")} of the best trial, ${page.best}, at step ${step}`;
  const button = element("button", { type: "button", class: "link", onclick: () => openTrial(page.best) }, title);
  byId("winner").append(element("figure", {}, element("img", { src, alt: title }), element("figcaption", {}, button)));
}

winner();
byId("panel").addEventListener("close", () => history.replaceState(null, "", location.pathname + location.search));
byId("panel").addEventListener("click", (event) => {
  if (event.target === byId("panel")) byId("panel").close(); // the backdrop
});
byId("panel").addEventListener("keydown", (event) => {
  const label = { ArrowLeft: "Previous trial", ArrowRight: "Next trial" }[event.key];
  if (label && !event.target.matches("input, select")) byId("panel").querySelector(`[aria-label="${label}"]:enabled`)?.click();
});
const linked = decodeURIComponent(location.hash.match(/^#trial=(.+)$/)?.[1] ?? "");
if (trialNamed.has(linked)) openTrial(linked);
