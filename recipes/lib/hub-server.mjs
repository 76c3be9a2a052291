// A hub for tests: the part of huggingface.co's protocol that pulling needs. Revisions, paths-info, resolve with redirects to another
// origin, ranges, Xet's answer to those who accept it, error codes; and faults on request. Files are bytes or paths.
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createReadStream, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { Readable } from "node:stream";

/** Files from this size on are "large": known by their SHA-256 and redirected. */
const LARGE = 4096;

const sizeOf = (content) => (typeof content === "string" ? statSync(content).size : content.length);

async function digestOf(content) {
  const size = sizeOf(content);
  const hash = size >= LARGE ? createHash("sha256") : createHash("sha1").update(`blob ${size}\0`);
  for await (const chunk of typeof content === "string" ? createReadStream(content) : [content]) hash.update(chunk);
  return hash.digest("hex");
}

/**
 * What goes wrong with an answer: a status in its place, or bytes that come slowly, end early, are wrong or begin at the start again.
 * @typedef {{ status?: number, code?: string, bytesPerSecond?: number, cutAfter?: number, corrupt?: boolean, ignoreRange?: boolean }} HubFault
 */

/**
 * What is asked for; a probe is a request for one byte, by which the size is learnt.
 * @typedef {{ kind: "revision" | "paths-info" | "resolve" | "bytes", repo?: string, path?: string, offset?: number, isProbe?: boolean, count: number }} HubRequest
 */

/** @typedef {Awaited<ReturnType<typeof startHub>>} TestHub */

/**
 * Starts a hub of no repositories. `fault` is asked before each answer.
 * @param {{ fault?: (request: HubRequest) => HubFault | undefined, token?: string }} [options]
 */
export async function startHub({ fault = () => undefined, token } = {}) {
  const repos = new Map();
  const seen = [];
  const sent = { bytes: 0 };
  const state = { repos, seen, sent, fault, token };
  const cdn = await listen((request, response) => answerFromCdn(state, request, response));
  const hub = await listen((request, response) =>
    answer(state, cdn.address, request, response).catch((error) => response.destroy(error)),
  );
  return {
    endpoint: hub.address,
    /** What was asked: kinds, paths, authorisations. */
    seen,
    /** Bytes of files that were sent, lost ones included. */
    sent,
    /**
     * Puts a commit of files (path → bytes, or the path of a file) on a branch. Returns its hash.
     * @param {string} name
     * @param {Record<string, Uint8Array | string>} files
     * @param {{ branch?: string, licence?: string }} [options]
     */
    async commit(name, files, { branch = "main", licence = "mit" } = {}) {
      const known = new Map();
      for (const [path, content] of Object.entries(files)) {
        const size = sizeOf(content);
        known.set(path, { content, size, large: size >= LARGE, digest: await digestOf(content) });
      }
      const repo = repos.get(name) ?? { branches: new Map(), commits: new Map(), licence };
      const commit = randomBytes(20).toString("hex");
      repo.commits.set(commit, known);
      repo.branches.set(branch, commit);
      repos.set(name, repo);
      return commit;
    },
    async close() {
      await Promise.all([hub.close(), cdn.close()]);
    },
  };
}

/** Revisions, paths-info, small files; large ones are redirected to the CDN. */
async function answer(state, cdn, request, response) {
  const { repos, seen, fault, token } = state;
  const path = decodeURIComponent(new URL(request.url, cdn).pathname);
  const api = /^\/api\/models\/([^/]+\/[^/]+)\/(revision|paths-info)\/(.+)$/.exec(path);
  const file = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(path);
  const [, name] = api ?? file ?? [];
  const repo = repos.get(name);
  const kind = api?.[2] ?? "resolve";
  seen.push({ kind, repo: name, path: file?.[3], authorization: request.headers.authorization });
  const trouble = fault({ kind, repo: name, path: file?.[3], count: seen.length });
  if (trouble?.status) return fail(response, trouble.status, trouble.code);
  if (token !== undefined && request.headers.authorization !== `Bearer ${token}`)
    return fail(response, 401, "RepoNotFound");
  if (repo === undefined) return fail(response, 401, "RepoNotFound");
  const revision = api?.[3] ?? file[2];
  const commit = repo.branches.get(revision) ?? revision;
  const files = repo.commits.get(commit);
  if (files === undefined) return fail(response, 404, "RevisionNotFound");
  if (kind === "revision")
    return json(response, { _id: "1", id: name, sha: commit, cardData: { license: repo.licence } });
  if (kind === "paths-info") {
    const asked = JSON.parse(await text(request)).paths;
    return json(
      response,
      asked.filter((one) => files.has(one)).map((one) => entry(one, files.get(one))),
    );
  }
  const found = files.get(file[3]);
  if (found === undefined) return fail(response, 404, "EntryNotFound");
  const headers = { "X-Repo-Commit": commit, "X-Linked-Size": found.size, "X-Linked-ETag": `"${found.digest}"` };
  if (found.large && request.headers.accept?.includes("xet-fileinfo")) headers["X-Xet-Hash"] = found.digest;
  if (!found.large) return sendFile(state, request, response, found, { headers });
  response.writeHead(302, { ...headers, Location: `${cdn}/${name}/${commit}/${file[3]}` }).end();
}

/** Large files, from an origin of their own. */
function answerFromCdn(state, request, response) {
  const { repos, seen } = state;
  const [, user, repo, commit, ...rest] = decodeURIComponent(request.url).split("/");
  const path = rest.join("/");
  seen.push({ kind: "cdn", path, authorization: request.headers.authorization });
  const file = repos.get(`${user}/${repo}`)?.commits.get(commit)?.get(path);
  if (file === undefined) return fail(response, 404, "EntryNotFound");
  return sendFile(state, request, response, file, { path });
}

/** A file or the range of it that is asked for, with the faults of its bytes. */
function sendFile({ seen, sent, fault }, request, response, file, { path, headers = {} }) {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  const start = range === null ? 0 : Number(range[1]);
  const end = range === null || range[2] === "" ? file.size - 1 : Math.min(Number(range[2]), file.size - 1);
  const isProbe = range !== null && end === 0;
  const trouble = fault({ kind: "bytes", path, offset: start, isProbe, count: seen.length });
  if (trouble?.status) return fail(response, trouble.status, trouble.code);
  const whole = range === null || (trouble?.ignoreRange && !isProbe);
  response.writeHead(whole ? 200 : 206, {
    ...headers,
    ETag: `"${file.digest}"`,
    "Content-Length": whole ? file.size : end - start + 1,
    ...(whole ? {} : { "Content-Range": `bytes ${start}-${end}/${file.size}` }),
  });
  return pour(response, file, whole ? [0, file.size - 1] : [start, end], sent, trouble);
}

/** Bytes `start` to `end`, throttled, cut off after `cutAfter` of them or with one of them changed, as the fault says. */
async function pour(response, { content }, [start, end], sent, trouble = {}) {
  const { bytesPerSecond, cutAfter = Number.POSITIVE_INFINITY, corrupt } = trouble;
  let out = 0;
  const source =
    typeof content === "string"
      ? createReadStream(content, { start, end, highWaterMark: 1 << 16 })
      : Readable.from(slices(content.subarray(start, end + 1)));
  for await (const chunk of source) {
    if (response.destroyed) break;
    const bytes = Buffer.from(chunk.subarray(0, Math.max(0, cutAfter - out)));
    if (corrupt && out === 0 && bytes.length > 1) bytes[0] ^= 1;
    sent.bytes += bytes.length;
    out += bytes.length;
    if (!response.write(bytes)) await drained(response);
    if (out >= cutAfter) return response.destroy();
    if (bytesPerSecond) await new Promise((done) => setTimeout(done, (1000 * bytes.length) / bytesPerSecond));
  }
  response.end();
}

const entry = (path, { size, digest, large }) => ({
  type: "file",
  path,
  size,
  oid: large ? createHash("sha1").update(digest).digest("hex") : digest,
  ...(large ? { lfs: { oid: digest, size, pointerSize: 135 } } : {}),
});

/** Until the other side has taken what was written, or has gone. */
async function drained(response) {
  const ended = new AbortController();
  const waits = ["drain", "close"].map((name) => once(response, name, { signal: ended.signal }).catch(() => undefined));
  await Promise.race(waits);
  ended.abort();
}

function* slices(bytes) {
  for (let i = 0; i < bytes.length; i += 1 << 16) yield bytes.subarray(i, i + (1 << 16));
}

async function text(request) {
  let all = "";
  for await (const chunk of request) all += chunk;
  return all;
}

function json(response, value) {
  response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(value));
}

function fail(response, status, code) {
  response.writeHead(status, code === undefined ? {} : { "X-Error-Code": code }).end();
}

async function listen(handler) {
  const server = createServer((request, response) => {
    // Pages of any origin may ask, as the hub lets them.
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.setHeader("Access-Control-Allow-Headers", "content-type");
    if (request.method === "OPTIONS") response.writeHead(204).end();
    else handler(request, response);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    address: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}

/** The files of a model folder, as a commit takes them. */
export const folderFiles = (folder, names) =>
  Object.fromEntries(names.map((name) => [name, readFileSync(`${folder}/${name}`)]));
