// node recipes/lib/bare-server.mjs [BYTES]: answers every call with as many bytes as a picture has, and does nothing else: what HTTP and JSON
// alone take. Prints its port.
import { createServer } from "node:http";

const picture = Buffer.alloc(Number(process.argv[2] ?? 10_000), 7).toString("base64");
const server = createServer(async (request, response) => {
  let text = "";
  for await (const piece of request) text += piece;
  const { class_labels, seed } = JSON.parse(text);
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ created: 1, data: [{ b64_json: picture, class_id: class_labels[0], seed }] }));
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
