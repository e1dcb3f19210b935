// The best trials' curves over each other: any metric, by step or by seconds of training.

const chosen = { metric: page.metrics[0], across: "step", ...remembered("compare") };

function select(name, label, options) {
  const made = options.map((option) => element("option", { value: option }, option));
  const choose = (event) => {
    chosen[name] = event.target.value;
    remembered("compare", chosen);
    if (window.Plotly) plot();
  };
  const field = element("select", { name, onchange: choose }, ...made);
  if (!options.includes(chosen[name])) [chosen[name]] = options;
  field.value = chosen[name];
  return element("label", {}, `${label} `, field);
}

function plot() {
  const shown = page.sweeps.map((sweep, index) => [sweep, SERIES[index % SERIES.length]]).filter(([{ curves }]) => curves[chosen.metric]);
  const traces = shown.map(([{ name, trial, curves }, color]) => ({
    type: "scatter", mode: "lines+markers", name: escaped(name), connectgaps: true, line: { color }, marker: { size: 5 },
    x: curves[chosen.across], y: curves[chosen.metric],
    hovertemplate: `${escaped(name)}, trial ${escaped(trial)}<br>%{y:.4~g} at %{x:.4~g}<extra></extra>`,
  }));
  const across = { title: { text: chosen.across === "step" ? "step" : "training time, s" } };
  return drawChart(traces, across, { title: { text: escaped(chosen.metric) } });
}

async function overlay() {
  await loadPlotly();
  await plot();
  onMood(plot);
  byId("chart").dataset.ready = "yes";
}

byId("axes").append(select("metric", "Up", page.metrics), select("across", "Across", ["step", "seconds"]));
whenNear(byId("chart"), overlay);
