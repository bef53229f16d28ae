// Packed rows: the core reads back what the packer wrote, on real reports and on nonsense.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { load, python, root } from "./load.mjs";

const { createPacker, join } = await load("pack");

/** `[[connection, report], …]` → the buffer of a tick. */
const pack = (packer, reports) => join(reports.map(([id, report]) => packer.pack(id, report)));
const { SCHEMA, TEXT } = await load("generated/fields");

const UNPACK = `
from callvitals import report
out = [report.unpack(read["schema"], read["strings"], [float("nan") if v is None else v for v in t]) for t in read["ticks"]]
print(json.dumps(out))`;

const values = (packed) => [...new Float64Array(packed)];
const asReport = (stats) => ({ forEach: (visit) => stats.forEach(visit) });

/** What the table reads of a stats object, as unpack must give it. */
function known(stat) {
  const fields = SCHEMA.find(([type]) => type === stat.type)?.[1];
  if (!fields || stat.type === "pc") return [];
  const out = { type: stat.type };
  for (const field of fields) {
    const [name, inner] = field.split(".");
    const value = inner ? stat[name]?.[inner] : stat[name];
    const fits = TEXT.has(field) ? typeof value === "string" : /number|boolean/.test(typeof value);
    if (fits && !Number.isNaN(value)) out[field] = value;
  }
  return [out];
}

for (const name of ["chromium-clean", "firefox-clean", "chromium-simulcast"]) {
  test(`the core reads back every report of ${name}`, () => {
    const file = readFileSync(`${root}tests/data/captures/${name}.jsonl.gz`);
    const lines = gunzipSync(file)
      .toString()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const reports = lines.filter((line) => line.stats).slice(0, 40);
    assert.ok(reports.length >= 10);
    const packer = createPacker(SCHEMA, TEXT);
    const stats = (line) => (Array.isArray(line.stats) ? line.stats : Object.values(line.stats));
    const ticks = reports.map((line) =>
      values(pack(packer, [[String(line.pc), asReport(stats(line))]])),
    );
    const read = python(UNPACK, { schema: SCHEMA, strings: packer.strings, ticks });
    reports.forEach((line, index) => {
      const expected = stats(line).flatMap(known);
      assert.ok(expected.length > 3);
      assert.equal(read[index].length, 1);
      const [pc, items] = read[index][0];
      assert.equal(pc, String(line.pc));
      // Booleans travel as 0 and 1.
      const plain = JSON.parse(JSON.stringify(items), (_, v) =>
        v === true ? 1 : v === false ? 0 : v,
      );
      const wanted = JSON.parse(JSON.stringify(expected), (_, v) =>
        v === true ? 1 : v === false ? 0 : v,
      );
      assert.deepEqual(plain, wanted);
    });
  });
}

test("several connections share one table; known strings are not told again", () => {
  const packer = createPacker(SCHEMA, TEXT);
  const report = asReport([{ type: "transport", id: "T1", timestamp: 5, iceState: "connected" }]);
  pack(packer, [["0", report]]);
  const before = packer.strings.length;
  const packed = pack(packer, [
    ["0", report],
    ["1", report],
  ]);
  assert.deepEqual(packer.strings.slice(before), ["1"]);
  const width = SCHEMA.find(([type]) => type === "transport")[1].length + 1;
  assert.equal(packed.byteLength, 8 * 2 * (2 + width));
});

test("values of the wrong kind are absent, unknown types are skipped, nothing throws", () => {
  const packer = createPacker(SCHEMA, TEXT);
  const junk = [
    { type: "transport", id: 7, timestamp: "soon", bytesSent: null, iceState: {} },
    { type: "no-such-type", id: "x" },
    { type: "outbound-rtp", id: "o", qualityLimitationDurations: "none", active: true },
    {},
    { type: undefined },
  ];
  const packed = values(pack(packer, [["0", asReport(junk)]]));
  const [[, items]] = python(UNPACK, {
    schema: SCHEMA,
    strings: packer.strings,
    ticks: [packed],
  })[0];
  assert.deepEqual(items, [{ type: "transport" }, { type: "outbound-rtp", id: "o", active: true }]);
});

test("a report that is none is left out, those beside it stay", () => {
  const packer = createPacker(SCHEMA, TEXT);
  const good = asReport([{ type: "transport", id: "T", timestamp: 1 }]);
  const broken = {
    get type() {
      throw new Error("no");
    },
  };
  const only = pack(packer, [["1", good]]);
  const packed = pack(packer, [
    ["0", {}],
    ["1", good],
    ["2", [{ type: "transport", id: "U", timestamp: 1 }, null]],
    ["3", [broken]],
    ["4", "text"],
  ]);
  assert.deepEqual(values(packed), values(only));
});

test("each tick has a buffer of its own, also beyond the first size", () => {
  const packer = createPacker(SCHEMA, TEXT);
  const many = asReport(
    Array.from({ length: 400 }, (_, i) => ({ type: "codec", id: `c${i}`, timestamp: i })),
  );
  const first = pack(packer, [["0", many]]);
  const copy = values(first);
  pack(packer, [["0", asReport([])]]);
  assert.deepEqual(values(first), copy);
  assert.equal(packer.strings.length, 401);
});
