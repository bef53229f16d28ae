// @ts-check
/** The policies of docs/csp.md and the README let everything run, in a real browser. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import {
  closing,
  launchChromium,
  openTab,
  startService,
  startSite,
  until,
} from "../browser/harness.mjs";

const read = (/** @type {string} */ name) =>
  readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
const policies = [...read("docs/csp.md").matchAll(/^```csp (\S+)\n(.*?)^```/gms)].map(
  ([, name, text]) => ({ name, text }),
);
const inReadme = /^```\n(script-src .*?)^```/ms.exec(read("README.md"));

const open = closing();
/** @type {Awaited<ReturnType<typeof startService>>} */
let service;
/** @type {Awaited<ReturnType<typeof startSite>>} */
let site;
/** @type {Awaited<ReturnType<typeof launchChromium>>} */
let chromium;

before(async () => {
  service = open.add(await startService());
  site = open.add(await startSite());
  chromium = open.add(await launchChromium());
});
after(open.close);

test("all the policies are found", () => {
  assert.deepEqual(
    policies.map(({ name }) => name),
    ["hosts", "nonce", "strict-dynamic", "trusted-types"],
  );
  assert.ok(inReadme);
});

// Side by side, as each waits 3 s for a connection that never comes about; two, as Pyodide's boot takes a
// core, and five at once on a busy machine miss their deadline.
describe("each policy", { concurrency: 2 }, () => {
  for (const { name, text } of [...policies, { name: "readme", text: inReadme?.[1] ?? "" }]) {
    test(`${name}: Pyodide in the worker, and nothing blocked`, async () => {
      const csp = text
        .replaceAll("https://vitals.example.com", service.url)
        .replaceAll("wss://vitals.example.com", service.url.replace("http", "ws"))
        .replaceAll("\n", " ");
      const tag = { src: service.url, meeting: name, nonce: "R4nd0m" };
      const url = site.url({ tag, csp: `default-src 'none'; ${csp}` });
      const tab = await openTab(chromium, url);
      await tab.page.evaluate(() => {
        new RTCPeerConnection();
      });
      const session = await until(
        async () => {
          const { participants } = await service.get(`/api/meetings/${name}`);
          const now = participants[0].sessions[0];
          if (!now.engine || now.engine === "starting") throw new Error(JSON.stringify(tab.said));
          return now;
        },
        { within: 60000, every: 300, what: "an engine" },
      );
      assert.deepEqual(
        [session.engine, session.host, session.state.why],
        ["pyodide", "worker", "default"],
      );
      // What is blocked is the lab's own (its style, its script without the nonce), never ours.
      const ours = tab.said.filter((line) => line.text.includes(`${service.url}/`));
      assert.deepEqual(ours, []);
      await tab.close();
    });
  }
});
