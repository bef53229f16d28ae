// Of the page that `callvitals analyze --html` writes: the cross that follows the pointer over all
// charts of a connection, and the numbers under it.
for (const section of document.querySelectorAll("section[data-series]")) {
  const { t, start, end, series, units } = JSON.parse(section.querySelector("script").textContent);
  const plots = [...section.querySelectorAll(".plot > svg")];
  const keys = new Map(
    [...section.querySelectorAll("[data-name]")].map((k) => [k.dataset.name, k]),
  );
  const clock = section.querySelector("[data-clock]");
  const resting = clock.textContent;
  const before = new Map([...keys].map(([name, key]) => [name, key.textContent]));
  const two = (n) => String(n).padStart(2, "0");
  const at = (ms) => {
    const s = Math.max(0, Math.floor(ms / 1000)),
      h = Math.floor(s / 3600);
    return h
      ? `${h}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`
      : `${Math.floor(s / 60)}:${two(s % 60)}`;
  };
  const say = (unit, v) => {
    if (v === null || v === undefined) return "\u2013";
    if (unit === "bit/s")
      return v >= 1e6 ? `${(v / 1e6).toFixed(2)} Mbit/s` : `${(v / 1e3).toFixed(0)} kbit/s`;
    if (unit === "s")
      return v < 0.9995 ? `${(v * 1000).toFixed(v < 0.1 ? 1 : 0)} ms` : `${v.toFixed(2)} s`;
    if (unit === "ratio") return `${(v * 100).toFixed(2)} %`;
    return v.toFixed(unit === "score" ? 2 : 1);
  };
  const cross = plots.map((svg) => {
    const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
    line.setAttribute("class", "cross");
    line.setAttribute("y1", "0");
    line.setAttribute("y2", "100");
    line.style.display = "none";
    svg.append(line);
    return line;
  });
  const show = (x) => {
    const time = start + x * (end - start);
    let best = 0;
    for (let i = 0; i < t.length; i++)
      if (Math.abs(t[i] - time) < Math.abs(t[best] - time)) best = i;
    const place = ((t[best] - start) / Math.max(1, end - start)) * 1000;
    for (const line of cross) {
      line.setAttribute("x1", String(place));
      line.setAttribute("x2", String(place));
      line.style.display = "";
    }
    for (const [name, key] of keys) key.textContent = say(units[name], series[name][best]);
    clock.textContent = `at ${at(t[best] - section.dataset.zero)}`;
  };
  const hide = () => {
    for (const line of cross) line.style.display = "none";
    for (const [name, key] of keys) key.textContent = before.get(name);
    clock.textContent = resting;
  };
  for (const svg of plots) {
    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect();
      show(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)));
    });
    svg.addEventListener("pointerleave", hide);
  }
}
