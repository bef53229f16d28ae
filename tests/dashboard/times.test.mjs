// How moments are said and marked, in a time zone that puts its clock ahead and back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

process.env.TZ = "Europe/Berlin";
const { axisTime, moments } = await load("format");

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 10, 28, 9, 0, 0);

test("a moment is said with its day unless all of the stretch is today", () => {
  const at = NOW - 2 * HOUR;
  assert.equal(moments(at, NOW, NOW)(at), "08:00:00");
  assert.equal(moments(NOW - 11 * HOUR, NOW, NOW)(at), "28 Nov 08:00:00");
  assert.equal(moments(at - 48 * HOUR, at - 47 * HOUR, NOW)(at - 48 * HOUR), "26 Nov 08:00:00");
  assert.equal(
    moments(at - 366 * 24 * HOUR, at, NOW)(at - 366 * 24 * HOUR),
    "27 Nov 2025 08:00:00",
  );
});

test("the axis names the day at midnight, on the days the clock is changed, too", () => {
  const marks = (/** @type {number} */ from, /** @type {number} */ n) =>
    Array.from({ length: n }, (_, i) => axisTime(from + i * HOUR, HOUR));
  const ahead = Date.UTC(2026, 2, 28, 22);
  assert.deepEqual(marks(ahead, 5), ["23:00", "29 Mar", "01:00", "03:00", "04:00"]);
  const back = Date.UTC(2026, 9, 24, 21);
  assert.deepEqual(marks(back, 6), ["23:00", "25 Oct", "01:00", "02:00", "02:00", "03:00"]);
  assert.equal(axisTime(NOW + 1000, 1000), "10:00:01");
  assert.equal(axisTime(NOW, 24 * HOUR), "28 Nov");
  assert.equal(axisTime(NOW + 2 * HOUR, 12 * HOUR), "12:00", "noon is no day of its own");
});

test("where the clock is put ahead at midnight the day begins at one", () => {
  process.env.TZ = "Africa/Cairo";
  const begins = Date.UTC(2026, 3, 23, 22); // 24 April, 01:00: there was no 00:00
  assert.equal(axisTime(begins, HOUR), "24 Apr");
  assert.equal(axisTime(begins + HOUR, HOUR), "02:00");
  process.env.TZ = "Europe/Berlin";
});
