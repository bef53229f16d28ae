// @ts-check
/** Page and service after trouble: do they know the same? */
import { isDeepStrictEqual } from "node:util";
import { until } from "./until.mjs";

/** @param {import("./call.mjs").Tab} tab @returns {Promise<any>} */
export const info = (tab) => tab.page.evaluate(() => window.callvitals.debug.info());

/**
 * The one session of a participant, as the service tells it.
 * @param {{get: (path: string) => Promise<any>}} service
 * @param {string} meeting @param {string} participant
 */
export async function sessionOf(service, meeting, participant) {
  const { participants } = await service.get(`/api/meetings/${meeting}`);
  const found = participants.find((/** @type {any} */ p) => p.participantId === participant);
  if (found?.sessions.length !== 1) throw new Error(`${found?.sessions.length ?? 0} sessions`);
  return found.sessions[0];
}

/**
 * Waits until the tab's socket is up and the service's state is the one the page sent last.
 * @param {{get: (path: string) => Promise<any>}} service
 * @param {import("./call.mjs").Tab} tab
 * @param {string} meeting @param {string} participant
 * @param {string} after what they have to recover from
 */
export async function agree(service, tab, meeting, participant, after) {
  const same = async () => {
    const page = await tab.page.evaluate(() => window.callvitals.debug.state());
    const { state } = await sessionOf(service, meeting, participant);
    if (!(await info(tab)).up) throw new Error("the socket is down");
    if (!isDeepStrictEqual(state, page)) {
      throw new Error(`page ${JSON.stringify(page)}, service ${JSON.stringify(state)}`);
    }
    return true;
  };
  const what = `page and service agree after ${after}`;
  await until(same, { within: 45000, every: 300, what });
}
