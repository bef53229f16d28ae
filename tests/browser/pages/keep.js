// Runs before the tag: keeps every answer of getStats as the SDK gets it, in order, as JSON, with the
// number of the tick it is asked for.
(() => {
  const kept = [];
  const ids = new WeakMap();
  let count = 0;
  const original = RTCPeerConnection.prototype.getStats;
  RTCPeerConnection.prototype.getStats = async function getStats(...args) {
    const asked = performance.now();
    const tick = window.callvitals?.debug?.info()?.ticks ?? -1;
    if (!ids.has(this)) ids.set(this, count++);
    const report = await original.apply(this, args);
    if (args[0] == null) {
      kept.push({
        pc: ids.get(this),
        tick,
        ms: performance.now() - asked,
        json: JSON.stringify([...report.values()]),
      });
    }
    return report;
  };
  window.kept = kept;
})();
