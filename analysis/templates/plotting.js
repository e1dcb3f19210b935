// Plotly: unpacked from the page when a reader comes near a chart, and dressed in the page's colours.

const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const isDark = () => matchMedia("(prefers-color-scheme: dark)").matches;
const onMood = (task) => matchMedia("(prefers-color-scheme: dark)").addEventListener("change", task);
const SERIES = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#4fb0e8", "#8b6bb1", "#a0522d", "#7a8288"];

// Plotly reads a little HTML in its labels.
const escaped = (text) => String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Unpack the plotting library, which the page holds compressed, and run it. */
async function loadPlotly() {
  const packed = Uint8Array.from(atob(byId("plotly").textContent), (letter) => letter.charCodeAt(0));
  const text = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  const src = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  await new Promise((loaded, failed) => document.head.append(element("script", { src, onload: loaded, onerror: failed })));
  URL.revokeObjectURL(src);
}

/** Call `task` once, when a reader comes near `target`: the library takes a second that nobody should wait for. */
function whenNear(target, task) {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    task();
  }, { rootMargin: "300px" });
  observer.observe(target);
}

/** Draw traces into the page's chart, or draw it anew. */
function drawChart(traces, xaxis, yaxis) {
  const lines = { gridcolor: ink("--line"), zerolinecolor: ink("--line"), automargin: true };
  const layout = {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: ink("--ink"), family: "system-ui, sans-serif" },
    margin: { l: 56, r: 12, t: 12, b: 48 }, hovermode: "closest", legend: { orientation: "h", y: 1.02, yanchor: "bottom" },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: ink("--muted"), activecolor: ink("--accent") },
    xaxis: { ...lines, ...xaxis }, yaxis: { ...lines, ...yaxis },
  };
  const buttons = [["zoom2d", "pan2d", "resetScale2d", "toImage"]];
  const config = { responsive: true, displaylogo: false, displayModeBar: innerWidth > 600, modeBarButtons: buttons };
  return Plotly.react("chart", traces, layout, config);
}
