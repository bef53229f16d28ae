// @ts-check
/** The customer's site: a page server on an origin of its own, with any header a test wants. */

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { listen } from "./relay.mjs";

const PAGES = new URL("../pages/", import.meta.url);
const TYPES = { ".js": "text/javascript", ".html": "text/html", ".css": "text/css" };

/** @param {unknown} value */
const attribute = (value) => String(value).replaceAll("&", "&amp;").replaceAll('"', "&quot;");

/**
 * @typedef {object} PageOptions
 * @property {({src: string, nonce?: string} & Record<string, string>) | null} [tag] the script tag:
 *   `src` is the service's origin, `as` more attributes, all else becomes `data-*`; absent: no tag
 * @property {string[]} [before] scripts of `pages/` that run before the tag
 * @property {string[]} [after] module scripts of `pages/` that run after it
 * @property {string} [sdk] address of the npm-style module, for `npm.js`
 * @property {string} [csp] Content-Security-Policy of the page
 * @property {Record<string, string>} [headers] more headers of the page
 * @property {string} [page] the template in `pages/`
 */

export async function startSite() {
  /** @type {Map<string, PageOptions>} */
  const pages = new Map();

  /** @param {PageOptions} options */
  async function render({ tag, before = [], after = [], sdk, page = "call.html" }) {
    const scripts = before.map((name) => `<script src="/${name}"></script>`);
    if (sdk) scripts.push(`<meta name="sdk" content="${attribute(sdk)}">`);
    if (tag) {
      const { src, nonce, as = "", ...data } = tag;
      const rest = Object.entries(data).map(
        ([name, value]) => `data-${name}="${attribute(value)}"`,
      );
      const once = nonce ? `nonce="${nonce}" ` : "";
      scripts.push(`<script ${as} ${once}src="${src}/sdk.js" ${rest.join(" ")}></script>`);
    }
    const modules = after.map((name) => `<script type="module" src="/${name}"></script>`);
    const text = await readFile(new URL(page, PAGES), "utf8");
    return text
      .replace("<!--before-->", scripts.join("\n"))
      .replace("<!--after-->", modules.join("\n"));
  }

  const server = createServer(async (req, res) => {
    const { pathname } = new URL(req.url ?? "/", "http://site");
    const options = pages.get(pathname);
    try {
      if (options) {
        const body = await render(options);
        /** @type {Record<string, string>} */
        const headers = {
          "content-type": "text/html; charset=utf-8",
          "cache-control": "no-store",
          ...options.headers,
        };
        if (options.csp) headers["content-security-policy"] = options.csp;
        res.writeHead(200, headers).end(body);
        return;
      }
      const file = /^\/([\w-]+)(\.js|\.html|\.css)$/.exec(pathname);
      if (!file) throw new Error("no such file");
      const body = await readFile(new URL(file[1] + file[2], PAGES));
      const type = TYPES[/** @type {keyof typeof TYPES} */ (file[2])];
      res.writeHead(200, { "content-type": type, "cache-control": "no-store" }).end(body);
    } catch {
      res.writeHead(404, { "content-type": "text/plain" }).end("not found");
    }
  });
  const origin = `http://127.0.0.1:${await listen(server)}`;
  return {
    origin,
    /** A new address for a page made of these options. @param {PageOptions} options */
    url(options) {
      const path = `/p/${pages.size}`;
      pages.set(path, options);
      return origin + path;
    },
    async close() {
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await closed;
    },
  };
}
