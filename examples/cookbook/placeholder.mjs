/** Placeholder pictures of any size, as a handler of Node's HTTP server: GET /heart/320x96.png */
import { encodePng } from "flexvar";

const PATH = /^\/([^/]{1,80})\/([1-9]\d{0,2})x([1-9]\d{0,2})\.png$/;

/** @param pipe an open FlexVAR pipeline */
export function placeholders(pipe) {
  const known = new Map();
  const draw = async (label, width, height) => {
    for await (const step of pipe.generate({ classLabels: [label], size: `${width}x${height}`, seed: 1 }))
      if (step.isLast) return encodePng(await step.picture(0));
  };
  return async (request, response) => {
    const [path, label, width, height] = PATH.exec(readable(request.url)) ?? [];
    if (path === undefined) return response.writeHead(404).end();
    if (!known.has(path)) known.set(path, draw(label, width, height));
    try {
      const png = await known.get(path);
      response.writeHead(200, { "content-type": "image/png", "cache-control": "public, max-age=31536000, immutable" });
      response.end(png);
    } catch (error) {
      // Unknown classes and sizes too large are refused in words.
      known.delete(path);
      response.writeHead(404, { "content-type": "text/plain" }).end(error.message);
    }
  };
}

function readable(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    return "";
  }
}
