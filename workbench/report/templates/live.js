// Shows what the server tells of the runs that go on: everything once, then each new second.
const secondsShown = 600;
// Reports that are kept when the server ends, so that their links go on working.
const reportsKept = 10;
const place = (id) => document.getElementById(id);
const make = (name, text = "", className = "") => {
  const element = document.createElement(name);
  element.textContent = text;
  if (className) element.className = className;
  return element;
};
const format = (value, unit = "") =>
  value == null ? "–" : value.toLocaleString("en", { maximumFractionDigits: value < 100 ? 1 : 0 }) + unit;

const isOpen = (side) => side.seconds.some((second) => second.planned_arrivals != null);
// Titles, units, and lines by name, number of their colour and value.
const charts = [
  { title: "Response times", unit: "ms", lines: [["p50", 0, (it) => it.p50_ms], ["p95", 1, (it) => it.p95_ms], ["p99", 3, (it) => it.p99_ms]] },
  { title: "Throughput", unit: "/s", lines: [["requests", 2, (it) => it.requests]] },
  { title: "Users", unit: "", lines: [["planned", 5, (it) => (it.planned_arrivals == null ? it.planned_users : null)], ["now", 2, (it) => it.users]] },
  { title: "Errors", unit: "/s", lines: [["errors", 3, (it) => it.errors]] },
  {
    title: "Arrivals",
    unit: "",
    of: isOpen,
    lines: [["planned per second", 5, (it) => it.planned_arrivals], ["waiting for a user", 1, (it) => it.waiting_arrivals]],
  },
];
const dataOf = (side, wanted) => ({
  choosers: [],
  charts: wanted.map(({ title, unit, lines }) => ({
    title,
    unit,
    axis: { kind: "time", label: "" },
    note: "",
    sets: [
      {
        chosen: [],
        x: side.seconds.map((it) => it.elapsed_s),
        lines: lines.map(([name, colour, value]) => ({ name, colour, hidden: false, values: side.seconds.map((it) => value(it) ?? null) })),
      },
    ],
  })),
});

// What is shown of each run.
let sides = [];
let hasEnded = false;

const tile = (list, name) => {
  const holder = make("div");
  const value = make("dd", "–");
  holder.append(make("dt", name), value);
  list.append(holder);
  return (text, className = "") => {
    value.textContent = text;
    holder.className = className;
  };
};

const show = (told, number) => {
  const side = { ...told };
  const section = make("section");
  const heading = make("h2", side.name + (side.title && side.title !== side.name ? ": " + side.title : ""));
  heading.id = "side-" + number;
  section.setAttribute("aria-labelledby", heading.id);
  const progress = make("progress");
  progress.setAttribute("aria-label", "Time of the schedule that has passed");
  const time = make("p", "Waiting for the start.", "facts");
  const list = make("dl", "", "tiles");
  const tiles = {};
  for (const name of ["users", "throughput", "p50", "p95", "p99", "errors"]) tiles[name] = tile(list, name);
  const validity = make("ul", "", "checks");
  const grid = make("div", "", "charts");
  section.append(heading, progress, time, list, make("h3", "Validity so far"), validity, make("h3", "The last minutes"), grid);
  place("sides").append(section);
  let drawn = null;
  let shown = 0;
  side.update = () => {
    const last = side.seconds.at(-1);
    if (!last) return;
    const wanted = charts.filter((chart) => !chart.of || chart.of(side));
    const data = dataOf(side, wanted);
    if (shown === wanted.length) drawn.update(data);
    else {
      grid.replaceChildren();
      drawn = drawCharts(grid, data);
      shown = wanted.length;
    }
    progress.max = last.planned_s || 1;
    progress.value = Math.min(last.elapsed_s, last.planned_s);
    const left = Math.max(0, last.planned_s - last.elapsed_s);
    time.textContent = Math.floor(last.elapsed_s) + " s of " + format(last.planned_s) + " s, " + Math.ceil(left) + " s left. Figures of the last second; errors since the start.";
    tiles.users(last.planned_arrivals == null ? last.users + " of " + last.planned_users : String(last.users));
    tiles.throughput(format(last.requests, "/s"));
    for (const name of ["p50", "p95", "p99"]) tiles[name](format(last[name + "_ms"], last[name + "_ms"] == null ? "" : " ms"));
    const share = (100 * last.total_errors) / Math.max(1, last.total_requests);
    tiles.errors(format(last.total_errors) + (last.total_errors ? " (" + share.toFixed(1) + "%)" : ""), share >= 1 ? "bad" : "");
    if (isOpen(side)) {
      tiles.waiting ??= tile(list, "arrivals waiting");
      tiles.waiting(format(last.waiting_arrivals ?? 0), last.waiting_arrivals ? "bad" : "");
    }
    const found = last.checks.map((check) => {
      const item = make("li");
      const failed = check.status === "failed";
      item.append(make("span", failed ? "INVALID" : "warning", "badge " + (failed ? "bad" : "open")), " " + check.name + ": " + check.finding);
      return item;
    });
    if (!found.length) {
      const item = make("li");
      item.append(make("span", "valid so far", "badge good"), " No check has failed.");
      found.push(item);
    }
    validity.replaceChildren(...found);
  };
  side.update();
  return side;
};

// Links to the reports; `kept` has addresses that go on working when the server has ended.
const list = (reports, kept = new Map()) => {
  place("reports").hidden = !reports.length;
  const items = reports.map((report, number) => {
    const item = make("li");
    const address = hasEnded ? kept.get(number) : "reports/" + number;
    if (address) {
      const link = make("a", "Report of " + report.name);
      link.href = address;
      link.target = "_blank";
      item.append(link, " ");
    } else {
      item.append("Report of " + report.name + " ");
    }
    item.append(make("code", report.path));
    return item;
  });
  place("reports").querySelector("ul").replaceChildren(...items);
};

let reports = [];
const say = (text, className) => {
  place("state").textContent = text;
  place("state").className = "note conclusion " + className;
};

const source = new EventSource("events");
source.addEventListener("state", (event) => {
  const state = JSON.parse(event.data);
  say("The run goes on" + (state.series ? ": " + state.series + "." : "."), "plain");
  place("sides").replaceChildren();
  sides = state.sides.map(show);
  reports = state.reports;
  list(reports);
  document.title = "Live: " + sides.map((side) => side.name).join(", ");
});
source.addEventListener("second", (event) => {
  const { side, second } = JSON.parse(event.data);
  const shown = sides[side];
  if (!shown) return;
  shown.seconds.push(second);
  if (shown.seconds.length > secondsShown) shown.seconds.shift();
  shown.update();
});
source.addEventListener("reports", (event) => {
  reports = JSON.parse(event.data);
  list(reports);
});
source.addEventListener("end", async () => {
  hasEnded = true;
  const kept = new Map();
  const first = Math.max(0, reports.length - reportsKept);
  // The server waits until all of this is fetched.
  await Promise.allSettled(
    reports.slice(first).map(async (report, number) => {
      const response = await fetch("reports/" + (first + number));
      if (response.ok) kept.set(first + number, URL.createObjectURL(await response.blob()));
    }),
  );
  source.close();
  list(reports, kept);
  document.title = document.title.replace("Live: ", "Ended: ");
  say(reports.length ? "The runs are over. Their reports are below." : "The runs are over, without a report: the terminal says why.", "plain");
});
source.addEventListener("error", () => {
  if (!hasEnded) say("The connection to the run is lost. This page connects again as soon as there is something to connect to.", "open");
});
