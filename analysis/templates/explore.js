// The interactive chart: a point for each trial, any number against any other; hovering shows the config and samples.

const MAX_POINTS = 3000;
const BEST_POINTS = 500;

/** The trials drawn: all, or the best and an even choice of the others. */
function drawn() {
  if (trials.length <= MAX_POINTS) return trials;
  const rest = trials.slice(BEST_POINTS);
  const every = rest.length / (MAX_POINTS - BEST_POINTS);
  return [...trials.slice(0, BEST_POINTS), ...Array.from({ length: MAX_POINTS - BEST_POINTS }, (_, i) => rest[Math.floor(i * every)])];
}

const points = drawn();
const chosen = {
  x: page.columns.find((entry) => entry.parameter)?.key ?? "trial",
  y: "score",
  colour: column.verdict ? "verdict" : "status",
  ...remembered("explore"),
};

function selects() {
  const known = page.columns.filter((entry) => points.some((trial) => cell(trial, entry.key) !== null));
  const number = known.filter((entry) => entry.kind !== "text");
  const parameters = known.filter((entry) => entry.parameter);
  const options = {
    x: [...parameters, column.trial, ...number.filter((entry) => !entry.parameter)],
    y: number,
    colour: [...known.filter((entry) => ["status", "verdict", "score"].includes(entry.key)), ...parameters],
  };
  return Object.entries({ x: "Across", y: "Up", colour: "Colour" }).map(([axis, label]) => {
    const made = options[axis].map((entry) => element("option", { value: entry.key }, entry.label));
    const select = element("select", { name: axis, onchange: (event) => choose(axis, event.target.value) }, ...made);
    if (!options[axis].some((entry) => entry.key === chosen[axis])) chosen[axis] = options[axis][0]?.key;
    select.value = chosen[axis];
    return element("label", {}, `${label} `, select);
  });
}

function choose(axis, key) {
  chosen[axis] = key;
  remembered("explore", chosen);
  if (window.Plotly) plot();
}

/** Whether a column's values are names: words, or the few numbers of a choice. */
const isNames = (key) => key !== "trial" && (column[key].kind === "text" || column[key].choices);
const isScale = (key) => !isNames(key) && column[key].kind !== "text";

function plot() {
  return drawChart(traces(), axis(chosen.x), axis(chosen.y));
}

function axis(key) {
  const values = points.map((trial) => cell(trial, key)).filter((value) => value !== null);
  const positive = values.length > 0 && values.every((value) => value > 0);
  const wide = positive && Math.max(...values) / Math.min(...values) > 100;
  const log = positive && (column[key].log || (wide && column[key].kind !== "text" && !(key === "score" && page.goal === "maximize")));
  const title = { text: escaped(column[key].label), standoff: 8 };
  if (isNames(key)) {
    const names = categories(key);
    return { title, tickvals: names.map((_, i) => i), ticktext: names.map(escaped), range: [-0.5, names.length - 0.5] };
  }
  return { title, type: log ? "log" : "linear", ...(key === "trial" ? { title: { text: "trial, in the order of starting" } } : {}) };
}

const categories = (key) => distinct(points, key);
const started = new Map([...trialNamed.keys()].sort((a, b) => a.localeCompare(b, undefined, { numeric: true })).map((name, index) => [name, index]));

/** Where a trial stands on an axis; equal names are spread a little so that all are seen. */
function position(trial, key, names) {
  if (key === "trial") return started.get(trial.name);
  if (!isNames(key)) return cell(trial, key);
  const index = names.indexOf(cell(trial, key));
  return index < 0 ? null : index + (((trial.rank * 0.618034) % 1) - 0.5) * 0.4;
}

function traces() {
  const names = { x: categories(chosen.x), y: categories(chosen.y) };
  const trace = (list, more) => ({
    type: "scatter", mode: "markers", hoverinfo: "none", customdata: list.map((trial) => trial.name),
    x: list.map((trial) => position(trial, chosen.x, names.x)), y: list.map((trial) => position(trial, chosen.y, names.y)), ...more,
  });
  const outline = { width: 1, color: ink("--paper") };
  const groups = isScale(chosen.colour) ? [scaled(trace, outline)] : grouped(trace, outline);
  const best = points.filter((trial) => trial.name === page.best);
  return [...groups, trace(best, { name: "best", marker: { symbol: "star", size: 17, color: ink("--accent"), line: outline } })];
}

function scaled(trace, outline) {
  const values = points.map((trial) => cell(trial, chosen.colour));
  const colorbar = { title: { text: escaped(column[chosen.colour].label), side: "right" }, thickness: 12 };
  return trace(points, { name: "trials", showlegend: false, marker: { size: 9, color: values, colorscale: "Viridis", colorbar, line: outline } });
}

function grouped(trace, outline) {
  return [...palette(chosen.colour)].map(([value, { color, symbol }]) => {
    const line = symbol.endsWith("open") ? { width: 2, color } : outline;
    const size = symbol.startsWith("triangle") ? 12 : 9; // as large to the eye
    return trace(points.filter((trial) => cell(trial, chosen.colour) === value), { name: escaped(words(value)), marker: { size, color, symbol, line } });
  });
}

function hover(event) {
  const trial = trialNamed.get(event.points[0].customdata);
  const facts = ["status", "verdict", "score", "steps"].map((key) => column[key]).filter(Boolean);
  const tip = byId("tip");
  const media = page.media[trial.name];
  tip.replaceChildren(
    ...(media ? [element("img", { src: media.thumb, alt: "" })] : []),
    element("b", {}, `Trial ${trial.name}`),
    pairs(trial, [...facts, ...page.columns.filter((entry) => entry.parameter)]) ?? "");
  tip.hidden = false;
  const [width, height, { clientX, clientY }] = [tip.offsetWidth, tip.offsetHeight, event.event];
  tip.style.left = `${Math.max(4, clientX + 16 + width > innerWidth ? clientX - width - 16 : clientX + 16)}px`;
  tip.style.top = `${Math.max(4, Math.min(clientY - height / 2, innerHeight - height - 4))}px`;
}

async function explore() {
  await loadPlotly();
  await plot();
  byId("chart").on("plotly_hover", hover);
  byId("chart").on("plotly_unhover", () => (byId("tip").hidden = true));
  byId("chart").on("plotly_click", (event) => openTrial(event.points[0].customdata));
  onMood(plot);
  byId("chart").dataset.ready = "yes";
}

if (byId("chart")) {
  byId("axes").append(...selects());
  if (points.length < trials.length) byId("chart-note").textContent = `${points.length} of ${trials.length} trials are drawn: the best ${BEST_POINTS} and an even choice of the others.`;
  whenNear(byId("chart"), explore);
}
