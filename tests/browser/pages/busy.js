// Blocks the main thread for 150 ms: what the trace analysis must find.
(() => {
  const end = performance.now() + 150;
  let n = 0;
  while (performance.now() < end) n += Math.sqrt(n + 1);
  window.busy = n;
})();
