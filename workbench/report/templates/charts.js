// Charts of a page, drawn with uPlot: data in, charts out.
//
// drawCharts(place, data) draws into an element and returns { update(data), resize() }. The data is
//   { choosers: [{ name, options }], charts: [{ title, unit, axis: { kind, label }, note, sets }] }
// Of each chart the set is shown that fits what is chosen: set.chosen has, for each chooser, the positions of the options
// that the set is for, or null where it is for all of them. A set is { chosen, x, lines: [{ name, colour, hidden, values }] },
// and with heat: { step, bounds, counts } a map of counts by time and value. All sets of a chart have the same lines.
// An axis is of the kind "time" (seconds; these charts share cursor and zoom), "tail" (1/(1−p)) or "load" (points).
// With marks: { steady: [from, to], limits: [{ text, ms, of }] } the steady part is shaded in charts over time, and limits that
// are for the chosen option of the first chooser are lines in the first chart.
// update takes data of the same charts and choosers, for instance with more points, and keeps what the reader has chosen.
const drawCharts = (() => {
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const ink = (name) => () => css(name);
  const seriesColour = (number) => `--series-${number % 6}`;
  const number = (value, unit) =>
    value == null ? "–" : value.toLocaleString("en", { maximumSignificantDigits: 4 }) + (unit ? " " + unit : "");
  const clock = (seconds) => {
    if (seconds < 600) return number(seconds, "s");
    const two = (value) => String(value).padStart(2, "0");
    const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
    return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
  };
  const percentile = (tail) => {
    const digits = Math.max(0, Math.ceil(Math.log10(tail) - 2.001));
    return (100 - 100 / tail).toFixed(digits) + "%";
  };
  const element = (name, properties, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };
  const none = { x: [], lines: [] };
  let groups = 0;

  // Points that have no neighbour to be joined with.
  const alone = (plot, series) => {
    const values = plot.data[series];
    return [...values.keys()].filter((at) => values[at] != null && values[at - 1] == null && values[at + 1] == null);
  };

  const axes = (chart, heat) => {
    const common = (size) => ({
      size,
      stroke: ink("--muted"),
      font: "12px system-ui, sans-serif",
      labelFont: "12px system-ui, sans-serif",
      labelSize: 18,
      grid: { stroke: ink("--faint"), width: 1 },
      ticks: { stroke: ink("--grid"), width: 1 },
    });
    const x = common(32);
    if (chart.axis.kind !== "time") x.label = chart.axis.label;
    else {
      x.incrs = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800];
      x.values = (plot, splits) => splits.map(clock);
      x.space = 70;
    }
    if (chart.axis.kind === "tail") {
      const decades = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8];
      const all = [...decades, 2, 20].sort((a, b) => a - b);
      x.splits = (plot, axis, min, max) => (plot.width < 480 ? decades : all).filter((it) => it >= min && it <= max * 1.001);
      x.values = (plot, splits) => splits.map(percentile);
      x.filter = (plot, splits) => splits;
    }
    const y = common(62);
    y.values = (plot, splits) => splits.map((it) => (it == null ? "" : number(it)));
    if (heat) {
      // The bounds of a map are no round numbers, from which its ticks would be counted.
      const round = [...Array(14).keys()].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** (power - 5)));
      y.splits = (plot, axis, min, max) => round.filter((it) => it >= min && it <= max);
      y.filter = (plot, splits) => splits;
    }
    return [x, y];
  };

  const scales = (chart, set, limits) => {
    // A limit that is near makes room for itself; one that is far would flatten the lines.
    const fromZero = (plot, min, max) => [0, Math.max(max > 0 ? max * 1.05 : 1, ...limits(max).map((it) => it.ms * 1.08))];
    const logarithmic = (plot, min, max) => (min > 0 ? uPlot.rangeLog(min, max, 10, false) : [1, 10]);
    if (set.heat) {
      return { x: { time: false }, y: { distr: 3, range: (plot) => plot.bounds ?? [1, 10] } };
    }
    if (chart.axis.kind === "tail") {
      return { x: { time: false, distr: 3, range: (plot, min, max) => [1, max > 1 ? max : 10] }, y: { distr: 3, range: logarithmic } };
    }
    // Beyond the largest load, at which most moments lie: up to it alone, only the first of them would be drawn.
    const load = { time: false, range: (plot, min, max) => [min > 0 ? min * 0.97 : min, max > 0 ? max * 1.03 : 1] };
    return { x: chart.axis.kind === "load" ? load : { time: false }, y: { range: fromZero } };
  };

  const drawHeat = (plot, heat) => {
    const { ctx, bbox } = plot;
    const most = Math.log1p(heat.most);
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.fillStyle = css(seriesColour(0));
    const edges = heat.bounds.map((bound) => plot.valToPos(bound, "y", true));
    heat.counts.forEach((column, at) => {
      const left = Math.floor(plot.valToPos(at * heat.step, "x", true));
      const right = Math.floor(plot.valToPos((at + 1) * heat.step, "x", true));
      column.forEach((count, bin) => {
        if (!count) return;
        ctx.globalAlpha = 0.12 + (0.88 * Math.log1p(count)) / most;
        const top = Math.floor(edges[bin + 1]);
        ctx.fillRect(left, top, Math.max(1, right - left), Math.max(1, Math.floor(edges[bin]) - top));
      });
    });
    ctx.restore();
  };

  const heatUnder = (plot, heat, unit) => {
    const [time, value] = [plot.posToVal(plot.cursor.left, "x"), plot.posToVal(plot.cursor.top, "y")];
    const at = Math.floor(time / heat.step);
    const bin = heat.bounds.findIndex((bound, place) => bound <= value && value < heat.bounds[place + 1]);
    const count = heat.counts[at]?.[bin];
    if (count == null) return "";
    const from = number(heat.bounds[bin]);
    return `${clock(at * heat.step)}, ${from} to ${number(heat.bounds[bin + 1], unit)}: ${number(count)} requests`;
  };

  const drawSteady = (plot, [from, to]) => {
    const { ctx, bbox } = plot;
    const within = (at) => Math.min(bbox.left + bbox.width, Math.max(bbox.left, plot.valToPos(at, "x", true)));
    ctx.save();
    ctx.globalAlpha = 0.09;
    ctx.fillStyle = css("--muted");
    ctx.fillRect(within(from), bbox.top, within(to) - within(from), bbox.height);
    ctx.restore();
  };

  const drawLimit = (plot, limit) => {
    const { ctx, bbox } = plot;
    const y = plot.valToPos(limit.ms, "y", true);
    ctx.save();
    ctx.strokeStyle = css("--bad");
    ctx.fillStyle = css("--bad");
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textAlign = "right";
    ctx.fillText(limit.text, bbox.left + bbox.width - 4 * devicePixelRatio, y - 4 * devicePixelRatio);
    ctx.restore();
  };

  // One chart: { show(chart, selected), plot, isTimed, resize() }. Limits: those that may be lines in it.
  const drawChart = (place, first, selected, group, limits) => {
    let chart = first;
    const fits = (set) => set.chosen.every((allowed, at) => allowed == null || allowed.includes(selected[at]));
    const find = () => chart.sets.find(fits) ?? none;
    // All sets have the same lines: any of them says which.
    const sample = chart.sets[0] ?? none;
    let set = find();
    const values = () => [
      set.x,
      ...(set.heat || sample.heat ? [set.x.map(() => null)] : sample.lines.map((line, at) => set.lines[at]?.values ?? [])),
    ];
    const isTimed = chart.axis.kind === "time";
    const inRange = (max) => limits.filter((it) => it.of === selected[0] && it.ms <= 3 * max);
    const isPoints = chart.axis.kind === "load";
    const title = chart.title + (chart.unit ? `, ${chart.unit}` : "");
    const holder = element("div", { className: "canvas", tabIndex: 0 });
    holder.setAttribute("role", "group");
    holder.setAttribute("aria-label", `Chart: ${title}. Arrow keys move the cursor${isTimed ? ", plus and minus zoom, Escape shows all" : ""}.`);
    const at = element("span", { className: "at" });
    const said = element("span", { className: "unseen" });
    said.setAttribute("role", "status");
    const legend = element("div", { className: "legend" }, at);
    const shown = [];
    const box = element("div", { className: sample.heat ? "chart heat" : "chart" }, element("h3", { textContent: title }), holder, legend, said);
    const nothing = element("p", { className: "under", textContent: "There are no such requests.", hidden: true });
    legend.after(nothing);
    if (chart.note) legend.after(element("p", { className: "under", textContent: chart.note }));
    place.append(box);
    const onCursor = (plot) => {
      const index = plot.cursor.idx;
      const is = index != null && plot.cursor.left >= 0;
      if (set.heat) at.textContent = is ? heatUnder(plot, set.heat, chart.unit) : "";
      else if (!is) at.textContent = "";
      else if (isTimed) at.textContent = clock(set.x[index]);
      else if (chart.axis.kind === "tail") at.textContent = `p${percentile(set.x[index]).slice(0, -1)}`;
      else at.textContent = number(set.x[index]) + " " + chart.axis.label;
      shown.forEach((it, line) => (it.textContent = is ? number(plot.data[line + 1][index], chart.unit) : ""));
    };
    const width = () => Math.max(240, holder.clientWidth);
    const height = place.childElementCount === 1 ? 260 : 200;
    const plot = new uPlot(
      {
        width: width(),
        height,
        legend: { show: false },
        scales: scales(chart, sample, inRange),
        axes: axes(chart, sample.heat),
        cursor: {
          y: Boolean(sample.heat),
          drag: { x: isTimed, y: false, setScale: false },
          bind: { dblclick: () => () => (group.showAll(), null) },
          ...(isTimed && { sync: { key: group.key, scales: ["x", null], filters: { pub: (type) => type === "mousemove" || type === "mouseleave" } } }),
        },
        hooks: {
          setCursor: [onCursor],
          setSelect: [
            (plot) => {
              const { left, width } = plot.select;
              if (width > 0) group.zoom(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
              plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            },
          ],
          drawClear: [(plot) => isTimed && group.steady && drawSteady(plot, group.steady)],
          draw: [
            (plot) => set.heat && drawHeat(plot, set.heat),
            (plot) => !set.heat && inRange(plot.scales.y.max).filter((it) => it.ms <= plot.scales.y.max).forEach((it) => drawLimit(plot, it)),
          ],
        },
        series: [
          {},
          ...(sample.heat
            ? [{ paths: () => null, points: { show: false } }]
            : sample.lines.map((line) => ({
                label: line.name,
                show: !line.hidden,
                stroke: ink(seriesColour(line.colour)),
                width: 1.5,
                ...(isPoints
                  ? { paths: () => null, points: { show: true, size: 5, fill: ink(seriesColour(line.colour)) } }
                  : { points: { show: true, size: 4, filter: alone, fill: ink(seriesColour(line.colour)) } }),
              }))),
        ],
      },
      [[]],
      holder,
    );
    if (!sample.heat) {
      sample.lines.forEach((line, position) => {
        const value = element("span", { className: "value" });
        const swatch = element("i", { className: "swatch" });
        swatch.style.background = `var(${seriesColour(line.colour)})`;
        const box = element("input", { type: "checkbox", checked: !line.hidden });
        box.addEventListener("change", () => plot.setSeries(position + 1, { show: box.checked }));
        legend.append(element("label", {}, box, swatch, line.name, value));
        shown.push(value);
      });
    }
    holder.addEventListener("keydown", (event) => {
      const [from, to] = [plot.scales.x.min, plot.scales.x.max];
      const visible = [...set.x.keys()].filter((index) => set.x[index] >= from && set.x[index] <= to);
      if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
        const now = visible.indexOf(plot.cursor.idx);
        const step = event.key === "ArrowLeft" ? -1 : 1;
        const next = visible[now < 0 ? 0 : Math.min(visible.length - 1, Math.max(0, now + step))];
        if (next == null) return;
        plot.setCursor({ left: plot.valToPos(set.x[next], "x"), top: plot.over.clientHeight / 2 }, true, true);
        said.textContent = [at.textContent, ...sample.lines.map((line, position) => plot.series[position + 1].show && shown[position] && `${line.name} ${shown[position].textContent}`)].filter(Boolean).join(", ");
      } else if (isTimed && (event.key === "+" || event.key === "-")) {
        const middle = set.x[plot.cursor.idx] ?? (from + to) / 2;
        const factor = event.key === "+" ? 0.5 : 2;
        group.zoom(middle - (middle - from) * factor, middle + (to - middle) * factor);
      } else if (isTimed && event.key === "Escape") group.showAll();
      else return;
      event.preventDefault();
    });
    const made = {
      plot,
      isTimed,
      extent: () => [set.x[0] ?? 0, set.x.at(-1) ?? 0],
      show: (next) => {
        chart = next;
        set = find();
        box.classList.toggle("empty", !set.x.length);
        nothing.hidden = set.x.length > 0;
        if (set.heat) {
          plot.bounds = [set.heat.bounds[0], set.heat.bounds.at(-1)];
          set.heat.most = set.heat.counts.reduce((most, column) => column.reduce((a, b) => Math.max(a, b), most), 1);
        }
        plot.setData(values(), !isTimed);
      },
      resize: () => {
        if (holder.clientWidth) plot.setSize({ width: width(), height });
      },
    };
    return made;
  };

  return (place, first) => {
    let data = first;
    const selected = data.choosers.map(() => 0);
    let zoomed = null;
    const group = {
      key: `charts-${groups++}`,
      steady: first.marks?.steady,
      zoom: (min, max) => {
        const [from, to] = group.extent();
        zoomed = [Math.max(from, min), Math.min(to, max)];
        if (zoomed[0] <= from && zoomed[1] >= to) zoomed = null;
        group.apply();
      },
      showAll: () => {
        zoomed = null;
        group.apply();
      },
      // Of all charts over time, so that the same time is at the same place in each.
      extent: () => {
        const extents = drawn.filter((it) => it.isTimed && it.extent()[1] > 0).map((it) => it.extent());
        const from = Math.min(...extents.map((it) => it[0]));
        return extents.length ? [from, Math.max(from + 1, ...extents.map((it) => it[1]))] : [0, 1];
      },
      apply: () => {
        const [min, max] = zoomed ?? group.extent();
        for (const it of drawn) if (it.isTimed) it.plot.setScale("x", { min, max });
        all.hidden = !zoomed;
      },
    };
    const all = element("button", { type: "button", textContent: "Show all", hidden: true, onclick: group.showAll });
    const bar = element("div", { className: "choosers" });
    const options = (chooser) => chooser.options.map((text) => element("option", { textContent: text }));
    const selects = data.choosers.map((chooser, position) => {
      const select = element("select", {}, ...options(chooser));
      select.addEventListener("change", () => {
        selected[position] = select.selectedIndex;
        show();
      });
      // With a single option there is nothing to choose.
      const label = element("label", { hidden: select.length < 2 }, chooser.name + " ", select);
      bar.append(label);
      return select;
    });
    place.hidden = false;
    place.append(bar);
    const holder = element("div", { className: "grid" });
    place.append(holder);
    const drawn = data.charts.map((chart, position) => drawChart(holder, chart, selected, group, position ? [] : (data.marks?.limits ?? [])));
    const isTimed = drawn.some((it) => it.isTimed);
    holder.classList.toggle("timed", isTimed);
    const shaded = group.steady ? " Shaded: the steady part." : "";
    if (isTimed) bar.append(element("span", { className: "hint", textContent: "Drag to zoom, double-click to show all." + shaded }), all);
    const show = () => {
      drawn.forEach((it, position) => it.show(data.charts[position]));
      group.apply();
    };
    const resize = () => drawn.forEach((it) => it.resize());
    addEventListener("resize", resize);
    // Nothing has a width within a fold that is closed.
    addEventListener("toggle", resize, true);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawn.forEach((it) => it.plot.redraw(false)));
    show();
    return {
      resize,
      update: (next) => {
        data = next;
        selects.forEach((select, position) => {
          const chooser = data.choosers[position];
          if (chooser.options.length === select.length) return;
          select.replaceChildren(...options(chooser));
          select.selectedIndex = selected[position];
          select.parentElement.hidden = select.length < 2;
        });
        show();
      },
    };
  };
})();

for (const place of document.querySelectorAll(".charts")) {
  const data = place.querySelector("script[type='application/json']");
  if (data) drawCharts(place, JSON.parse(data.textContent));
}
