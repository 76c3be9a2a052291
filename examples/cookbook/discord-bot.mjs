/** A bot's answer: the picture that somebody asked for, sent to a channel by its webhook (no library needed). */
import { ApiRequestError } from "flexvar/client";

/** @param client createClient({ baseUrl }) of a running `flexvar serve`; @param {string} webhook the channel's own address */
export async function answer(client, webhook, { user, prompt }) {
  const form = new FormData();
  try {
    const { data } = await client.generate({ prompt, seed: Date.now() % 2 ** 32 });
    const [{ b64_json, class: label }] = data;
    form.set("payload_json", JSON.stringify({ content: `${label} for ${user}`, allowed_mentions: { parse: [] } }));
    form.set("files[0]", new Blob([Buffer.from(b64_json, "base64")], { type: "image/png" }), "picture.png");
  } catch (error) {
    if (!(error instanceof ApiRequestError)) throw error;
    // What cannot be drawn is answered in the server's words: near names, waiting times.
    form.set("payload_json", JSON.stringify({ content: `Sorry, ${user}: ${error.message}`, allowed_mentions: { parse: [] } }));
  }
  const response = await fetch(webhook, { method: "POST", body: form });
  if (!response.ok) throw new Error(`webhook: expected to take the picture, got ${response.status}`);
}
