// The table of trials: sorted by any column, filtered by words, comparisons and chips; or the same as a gallery.

const PAGE_ROWS = 100;
const column = Object.fromEntries(page.columns.map((entry, index) => [entry.key, { ...entry, index }]));
const trials = page.rows.map((row, rank) => ({ row, rank, name: row[0] }));
const trialNamed = new Map(trials.map((trial) => [trial.name, trial]));
const cell = (trial, key) => (column[key] ? trial.row[column[key].index] : null);
const shown = { sort: null, down: false, filter: "", chips: {}, gallery: false, rows: PAGE_ROWS, ...remembered("table") };

/** The values of a column among `list`, numbers by size and words by letter. */
function distinct(list, key) {
  const values = [...new Set(list.map((trial) => cell(trial, key)).filter((value) => value !== null))];
  return values.sort((a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true })));
}

/** A colour and a shape for each value of a column, the same wherever it is shown. */
function palette(key) {
  return new Map(distinct(trials, key).map((value, index) => {
    const look = page.looks[value];
    if (!look) return [value, { color: SERIES[index % SERIES.length], symbol: "circle" }];
    return [value, { color: isDark() ? look.dark : look.light, symbol: look.symbol }];
  }));
}

/** What a line of words asks for: each word must be in the row, or compare a column: val/accuracy>0.9. */
function parsed(text) {
  return text.trim().split(/\s+/).filter(Boolean).map((part) => {
    const match = part.match(/^(.+?)(<=|>=|!=|<|>|=)(.+)$/);
    const found = match && page.columns.find((entry) => entry.label === match[1] || entry.key === match[1]);
    return found ? comparison(found.key, match[2], match[3]) : (trial) => contains(trial, part.toLowerCase());
  });
}

function contains(trial, text) {
  return page.columns.some((entry, index) => word(trial.row[index], entry.kind).toLowerCase().includes(text));
}

function comparison(key, operator, text) {
  const wanted = Number(text);
  return (trial) => {
    const value = cell(trial, key);
    if (operator === "=" || operator === "!=") return (String(value) === text || value === wanted) === (operator === "=");
    if (value === null || Number.isNaN(wanted)) return false;
    return { "<": value < wanted, ">": value > wanted, "<=": value <= wanted, ">=": value >= wanted }[operator];
  };
}

function matching() {
  const tests = parsed(shown.filter);
  for (const [key, value] of Object.entries(shown.chips)) {
    if (column[key]) tests.push((trial) => cell(trial, key) === value);
  }
  return sorted(trials.filter((trial) => tests.every((test) => test(trial))));
}

function sorted(list) {
  const index = column[shown.sort]?.index;
  if (index === undefined) return list;
  const sign = shown.down ? -1 : 1;
  return list.sort((a, b) => {
    const [x, y] = [a.row[index], b.row[index]];
    if (x === null || y === null) return (x === null) - (y === null) || a.rank - b.rank; // nothing goes last, both ways
    const order = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), undefined, { numeric: true });
    return sign * order || a.rank - b.rank;
  });
}

function draw() {
  const found = matching();
  const visible = found.slice(0, shown.rows);
  byId("found").textContent = `${found.length} of ${trials.length}${page.hidden ? ` (${page.hidden} more in trials.csv)` : ""}`;
  byId("table").hidden = shown.gallery;
  byId("gallery").hidden = !shown.gallery;
  if (shown.gallery) byId("gallery").replaceChildren(...visible.filter((t) => page.media[t.name]).map(tile));
  else byId("table").replaceChildren(element("table", {}, heading(), element("tbody", {}, ...visible.map(line))));
  byId("more").hidden = found.length <= shown.rows;
  byId("more").textContent = `Show ${Math.min(PAGE_ROWS, found.length - shown.rows)} more`;
  byId("view").textContent = shown.gallery ? "Table" : "Gallery";
  document.querySelectorAll("#chips button").forEach((chip) => {
    chip.setAttribute("aria-pressed", shown.chips[chip.dataset.key] === chip.dataset.value);
  });
  remembered("table", shown);
}

const hasThumbs = Object.keys(page.media).length > 0;
const headings = page.columns.filter((entry) => entry.shown);

function heading() {
  const cells = headings.map((entry) => {
    const sort = shown.sort === entry.key ? (shown.down ? "descending" : "ascending") : null;
    const button = element("button", { type: "button", onclick: () => sortBy(entry.key) }, entry.label);
    return element("th", { scope: "col", "aria-sort": sort, class: entry.kind === "text" ? null : "number" }, button);
  });
  if (hasThumbs) cells.splice(1, 0, element("th", { scope: "col" }, "picture"));
  return element("thead", {}, element("tr", {}, ...cells));
}

function sortBy(key) {
  const again = shown.sort === key;
  // The first click on the objective brings the best up; on anything else, the smallest.
  Object.assign(shown, { down: again ? !shown.down : key === "score" && page.goal === "maximize", sort: key });
  draw();
  [...byId("table").querySelectorAll("th button")].find((button) => button.textContent === column[key].label)?.focus();
}

function line(trial) {
  const cells = headings.map((entry) => element("td", { class: entry.kind === "text" ? null : "number" }, content(trial, entry)));
  if (hasThumbs) cells.splice(1, 0, element("td", {}, thumb(trial)));
  const open = () => openTrial(trial.name);
  return element("tr", { class: trial.name === page.best ? "best" : null, onclick: open }, ...cells);
}

function content(trial, entry) {
  const value = trial.row[column[entry.key].index];
  if (entry.key === "trial") return element("button", { type: "button", class: "link" }, value);
  if (entry.key === "status" || entry.key === "verdict") return marked(entry.key, value);
  return word(value, entry.kind);
}

function marked(key, value) {
  if (value === null) return "";
  return element("span", {}, dot(palettes[key].get(value).color), words(value));
}

const dot = (color) => element("span", { class: "dot", style: `color:${color}` });
const words = (name) => String(name).replaceAll("_", " ");

function thumb(trial) {
  const media = page.media[trial.name];
  return media ? element("img", { src: media.thumb, alt: `samples of trial ${trial.name}`, loading: "lazy" }) : "";
}

function tile(trial) {
  const key = column.verdict ? "verdict" : "status";
  const text = `${trial.name} · ${word(cell(trial, "score"))}`;
  const mark = `--mark:${palettes[key].get(cell(trial, key)).color}`;
  const caption = element("small", {}, text, element("br"), words(cell(trial, key)));
  return element("button", { type: "button", style: mark, onclick: () => openTrial(trial.name) }, thumb(trial), caption);
}

/** A bar of all trials by status (and one by verdict), and below each its legend. */
function bars() {
  return ["status", "verdict"].filter((key) => column[key] && trials.length).map((key) => {
    const counted = [...palettes[key]].map(([value, { color }]) => [value, color, trials.filter((t) => cell(t, key) === value).length]);
    const parts = counted.map(([value, color, count]) => element("span", { title: `${words(value)}: ${count}`, style: `flex:${count};background:${color}` }));
    const legend = counted.map(([value, color, count]) => element("li", {}, dot(color), `${count} ${words(value)}`));
    const when = key === "verdict" ? [element("li", {}, "at the best step:")] : [];
    return element("div", {}, element("div", { class: "bar", "aria-hidden": "true" }, ...parts), element("ul", { class: "legend" }, ...when, ...legend));
  });
}

function chips() {
  return ["status", "verdict"].filter((key) => column[key]).flatMap((key) =>
    [...palettes[key].keys()].map((value) => {
      const toggle = () => {
        if (shown.chips[key] === value) delete shown.chips[key];
        else shown.chips[key] = value;
        draw();
      };
      return element("button", { type: "button", "data-key": key, "data-value": value, onclick: toggle }, words(value));
    }));
}

let palettes = {};

/** Draw all that has colours of its own. */
function paint() {
  palettes = { status: palette("status"), ...(column.verdict ? { verdict: palette("verdict") } : {}) };
  byId("bars").replaceChildren(...bars());
  byId("chips").replaceChildren(...chips());
  draw();
}

byId("filter").value = shown.filter;
byId("filter").addEventListener("input", (event) => {
  Object.assign(shown, { filter: event.target.value, rows: PAGE_ROWS });
  draw();
});
byId("filter-help").textContent = `Words that must occur, or comparisons: ${page.objective}${page.goal === "maximize" ? ">" : "<"}0.5 status=done`;
byId("view").hidden = !hasThumbs;
byId("view").addEventListener("click", () => {
  shown.gallery = !shown.gallery;
  draw();
});
byId("more").addEventListener("click", () => {
  shown.rows += PAGE_ROWS;
  draw();
});
onMood(paint);
paint();
