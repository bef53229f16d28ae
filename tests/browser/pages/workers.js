// Runs before the tag: keeps the page's workers, so that a test can end one as a crash would.
(() => {
  const Native = window.Worker;
  window.workers = [];
  window.Worker = class Worker extends Native {
    constructor(...args) {
      super(...args);
      window.workers.push(this);
    }
  };
})();
