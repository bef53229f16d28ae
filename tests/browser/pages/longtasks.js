// Runs first: counts long tasks of the page, those before this script included.
(() => {
  const list = [];
  new PerformanceObserver((entries) => {
    for (const { startTime, duration } of entries.getEntries()) list.push({ startTime, duration });
  }).observe({ type: "longtask", buffered: true });
  window.longTasks = list;
})();
